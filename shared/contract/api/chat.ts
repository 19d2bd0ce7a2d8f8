import { z } from 'zod'
import { messageIsMandatory, TriggerCall } from '../chat.ts'
import { Person } from '../person.ts'
import { OpenRequest } from '../request.ts'
import { VariableName } from '../steps/set.ts'
import { PageId } from '../ui-flow.ts'
import { Message, StreamQuery } from './instances.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { AnyJson, admin, admins, anyone, builders, Id, runtime, Scope, scopeParams, Time } from './scope.ts'

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
    /** Where in a UI flow it is said: that names the workflow then, and the page says what it shares. */
    uiFlowId: Id.optional(),
    pageId: PageId.optional(),
    componentId: PageId.optional(),
    /** What the page knows, for the expressions of its conversation context. */
    pageData: z.record(z.string(), AnyJson, 'must be a JSON object').optional(),
    /** Comes later, refused until then. */
    secureMetadata: AnyJson.optional(),
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
    /** What became of the message: `running`, `queued`, `answered` (an open question), `passedOn` (to a person); or, when waited for, of its turn. */
    status: z.enum([
      'running',
      'queued',
      'answered',
      'passedOn',
      'waiting',
      'completed',
      'failed',
      'cancelled',
    ]),
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
  /** Messages that wait for their turn, with the instance it will have: cancelling that cancels them. */
  queued: z.array(z.object({ messageId: Id, instanceUuid: Id, text: z.string(), at: Time })),
  variables: z.record(z.string(), AnyJson),
}).meta({ id: 'ChatSession' })
export type ChatSession = z.infer<typeof ChatSession>

/** By what conversations are found. */
const sessionQuery = {
  workflowId: Id.optional(),
  channel: z.string().min(1).max(100).optional(),
  status: SessionStatus.optional(),
}
const versionNumber = z.int().min(0).max(2_147_483_647)

const mostAtOnce = 1_000

/** What is to be done in many conversations: those that are named, or those that a query finds. */
export const BulkBody = z
  .strictObject({
    action: z.enum(['end', 'cancel', 'message']),
    /** Of `message`: what the people in them are told. */
    text: z.string().trim().min(1).max(20_000).optional(),
    chatSessionIds: z.array(Id).min(1).max(mostAtOnce).optional(),
    ...sessionQuery,
    version: versionNumber.optional(),
    limit: z.int().min(1).max(mostAtOnce).default(mostAtOnce),
    cursor: pageQuery.cursor,
  })
  .refine(({ action, text }) => (action === 'message') === (text !== undefined), {
    path: ['text'],
    message: 'goes with the action "message", which needs it',
  })
  .refine(
    ({ chatSessionIds, workflowId, version, channel, status, cursor }) =>
      (chatSessionIds === undefined) !==
        [workflowId, version, channel, status].every((one) => one === undefined) &&
      !(chatSessionIds && cursor),
    'say which conversations: by chatSessionIds, or by workflowId, version, channel or status; "status": "open" means all',
  )
export type BulkBody = z.infer<typeof BulkBody>

export const BulkReply = z
  .object({
    done: z.int(),
    /** Where there was nothing to do: they have ended, or no turn is under way. */
    skipped: z.int(),
    failed: z.array(z.object({ chatSessionId: Id, code: z.string(), message: z.string() })),
    /** There are more: send the same with it as `cursor`. */
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'BulkReply' })
export type BulkReply = z.infer<typeof BulkReply>

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
      ...sessionQuery,
      version: z.coerce.number({ error: 'a version is a whole number' }).pipe(versionNumber).optional(),
    }),
    reply: { status: 200, description: 'A page of conversations', body: pageOf(SessionCard) },
  }),
  bulk: route({
    name: 'actOnSessions',
    method: 'post',
    path: `${admin}/sessions/bulk`,
    tag: 'Workflows',
    summary: 'Ends many conversations, cancels their turns, or tells the people in them something',
    description:
      'Those named by `chatSessionIds`, or the open ones that `workflowId`, `version`, `channel` and `status` find, at most 1,000 at a time. `end` ends them; `cancel` stops the turn under way; `message` shows `text` in the conversation as a message of the role `system`, which no turn answers. One that fails keeps no other waiting: it stands in `failed` with the reason.',
    access: admins,
    params: Scope,
    body: BulkBody,
    reply: { status: 202, description: 'Done, as far as it could be', body: BulkReply },
    idempotent: true,
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
