import { z } from 'zod'
import { messageIsMandatory, TriggerCall } from '../chat.ts'
import { Person } from '../person.ts'
import { OpenRequest } from '../request.ts'
import { SecureMetadata } from '../secure-metadata.ts'
import { VariableName } from '../steps/set.ts'
import { Message, StreamQuery } from './instances.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { AnyJson, admin, anyone, builders, Id, runtime, Scope, scopeParams, Time } from './scope.ts'

/** What a person says in a conversation, in words or by a trigger. */
export const MessageBody = z
  .strictObject({
    /** Named with the first message; later ones may repeat it. */
    workflowId: Id.optional(),
    userMessage: z.string().max(100_000).optional(),
    trigger: TriggerCall.strict().optional(),
    uiFlowContext: z.record(z.string(), AnyJson, 'must be a JSON object').optional(),
    fileIds: z.array(Id).max(100).optional(),
    /** Over the variables of the conversation. */
    variables: z.record(VariableName, AnyJson).optional(),
    /** Of UI flows and secrets: come later, refused until then. */
    uiFlowId: AnyJson.optional(),
    pageId: AnyJson.optional(),
    componentId: AnyJson.optional(),
    pageData: AnyJson.optional(),
    /** Values that no model sees: `${secure.name}` in the arguments of tools, from this message on. */
    secureMetadata: SecureMetadata.optional(),
  })
  .refine(({ userMessage, trigger }) => trigger !== undefined || userMessage?.trim(), messageIsMandatory)
  .refine(
    ({ userMessage, trigger }) => !trigger || userMessage === undefined,
    'give a userMessage or a trigger, not both',
  )
export type MessageBody = z.infer<typeof MessageBody>

export const MessageReply = z
  .object({
    chatSessionId: Id,
    /** The turn that answers the message. */
    instanceUuid: Id,
    messageId: Id,
    /** What became of the message: `running`, `queued`, `answered` (an open question); or, when waited for, of its turn. */
    status: z.enum(['running', 'queued', 'answered', 'waiting', 'completed', 'failed', 'cancelled']),
    /** When waited for: what was said in the turn behind the message. */
    replies: z.array(Message).optional(),
    suggestions: z.array(z.string()).optional(),
    /** When waited for: what the turn waits for. */
    requests: z.array(OpenRequest).optional(),
    error: z.object({ code: z.string(), message: z.string() }).nullable().optional(),
  })
  .meta({ id: 'MessageReply' })
export type MessageReply = z.infer<typeof MessageReply>

const SessionStatus = z.enum(['open', 'ended'])

/** One conversation in a list. */
export const SessionCard = z
  .object({
    chatSessionId: Id,
    status: SessionStatus,
    /** `ended`, `idle`, `deactivated`, `deleted` or `failed`. */
    endReason: z.string().nullable(),
    workflowId: Id,
    workflowName: z.string(),
    version: z.int(),
    channel: z.string().nullable(),
    isTest: z.boolean(),
    startedBy: Person.nullable(),
    startedAt: Time,
    lastAt: Time,
    endedAt: Time.nullable(),
  })
  .meta({ id: 'SessionCard' })
export type SessionCard = z.infer<typeof SessionCard>

export const ChatMessage = Message.extend({
  instanceUuid: Id,
  /** Of a prompt whose turn was cancelled. */
  cancelled: z.literal(true).optional(),
}).meta({ id: 'ChatMessage' })
export type ChatMessage = z.infer<typeof ChatMessage>

export const ChatSession = SessionCard.extend({
  /** The turn under way. */
  instanceUuid: Id.nullable(),
  /** The newest ones, the oldest of them first. */
  messages: z.array(ChatMessage),
  /** Leads to older messages. */
  nextCursor: z.string().nullable(),
  /** What the turn under way waits for. */
  requests: z.array(OpenRequest),
  /** Messages that wait for their turn. */
  queued: z.array(z.object({ messageId: Id, text: z.string(), at: Time })),
  variables: z.record(z.string(), AnyJson),
}).meta({ id: 'ChatSession' })
export type ChatSession = z.infer<typeof ChatSession>

const SessionParams = z.object({ ...scopeParams, chatSessionId: Id })
const all = `${runtime}/chat/sessions`
const one = `${all}/{chatSessionId}` as const

export const chat = {
  send: route({
    name: 'sendMessage',
    method: 'post',
    path: `${one}/messages`,
    tag: 'Chat',
    summary: 'Says something in a conversation; the first message begins it',
    description:
      'The session id is any UUID of the caller’s making. A message answers the open question of the turn under way; otherwise it has a turn of its own, or waits for it, as the workflow says. An ended session starts anew under the same id, on the newest published version, with its memory. With `Prefer: wait=N` (at most 60 s) the answer is 200 with `replies` and `suggestions` when the turn ends in time, or asks for something (`requests`).',
    access: anyone,
    params: SessionParams,
    body: MessageBody,
    reply: { status: 202, description: 'Taken', body: MessageReply },
    also: { 200: 'With `Prefer: wait`: what the turn replied' },
    problems: ['WrongWorkflowType', 'Busy', 'Conflict', 'Invalid', 'Unavailable'],
    idempotent: true,
  }),
  list: route({
    name: 'listSessions',
    method: 'get',
    path: all,
    tag: 'Chat',
    summary: 'The caller’s conversations, the one spoken in last first',
    access: anyone,
    params: Scope,
    query: z.object({ ...pageQuery, status: SessionStatus.optional(), workflowId: Id.optional() }),
    reply: { status: 200, description: 'A page of conversations', body: pageOf(SessionCard) },
  }),
  get: route({
    name: 'getSession',
    method: 'get',
    path: one,
    tag: 'Chat',
    summary: 'One conversation: what was said, what it waits for, its variables',
    access: anyone,
    params: SessionParams,
    query: z.object({
      ...pageQuery,
      limit: pageQuery.limit.removeDefault().default(100).describe('How many messages'),
    }),
    reply: { status: 200, description: 'The conversation', body: ChatSession },
  }),
  end: route({
    name: 'endSession',
    method: 'post',
    path: `${one}/end`,
    tag: 'Chat',
    summary: 'Ends a conversation; a turn under way is cancelled',
    description: 'Again when it has ended: 202. The next message starts it anew.',
    access: anyone,
    params: SessionParams,
    reply: {
      status: 202,
      description: 'It ends',
      body: z.object({ chatSessionId: Id, status: SessionStatus }),
    },
    problems: ['Unavailable'],
    idempotent: true,
  }),
  removeMessage: route({
    name: 'removeMessage',
    method: 'delete',
    path: `${one}/messages/{messageId}`,
    tag: 'Chat',
    summary: 'Takes a message back that still waits for its turn',
    access: anyone,
    params: z.object({ ...scopeParams, chatSessionId: Id, messageId: Id }),
    reply: { status: 204, description: 'Taken back' },
    problems: ['NotOpen', 'Unavailable'],
  }),
  stream: route({
    name: 'streamSession',
    method: 'get',
    path: `${one}/stream`,
    tag: 'Streams',
    summary: 'Server-sent events of one conversation, all its turns in one sequence',
    description:
      'Durable events carry an `id`; `Last-Event-ID`, or `?after=`, goes on after that one without gap or duplicate. `messageDelta` and `reset` are live only. A comment line comes every 15 s.',
    access: anyone,
    params: SessionParams,
    query: StreamQuery,
    reply: { status: 200, description: 'The events', mediaType: 'text/event-stream' },
  }),
}

/** Every conversation of the app, for who runs it. */
export const sessions = {
  list: route({
    name: 'listAllSessions',
    method: 'get',
    path: `${admin}/sessions`,
    tag: 'Workflows',
    summary: 'Conversations of the app, the one spoken in last first',
    access: builders,
    params: Scope,
    query: z.object({
      ...pageQuery,
      workflowId: Id.optional(),
      version: z.coerce
        .number({ error: 'a version is a whole number' })
        .int()
        .min(0)
        .max(2_147_483_647)
        .optional(),
      channel: z.string().min(1).max(100).optional(),
      status: SessionStatus.optional(),
    }),
    reply: { status: 200, description: 'A page of conversations', body: pageOf(SessionCard) },
  }),
  stream: route({
    name: 'streamActiveSessions',
    method: 'get',
    path: `${admin}/stream`,
    tag: 'Streams',
    summary:
      'Server-sent events `activeSessions` with `workflowId` and `count`: all at the beginning, then what changes; without ids, not resumable',
    access: builders,
    params: Scope,
    reply: { status: 200, description: 'The events', mediaType: 'text/event-stream' },
  }),
}
