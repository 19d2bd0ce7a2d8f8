import { z } from 'zod'
import { FileValue } from '../file.ts'
import { InstanceStatus } from '../journal.ts'
import { Person } from '../person.ts'
import { OpenRequest } from '../request.ts'
import { InstanceKind } from '../run-ref.ts'
import { PageQuery, pageOf, pageQuery } from './page.ts'
import { RewindBody, Rewound } from './rewinding.ts'
import { route } from './route.ts'
import { LogQuery, mostLogged, RunLog } from './run-log.ts'
import { AnswerBody, DecisionBody } from './run-replies.ts'
import { anyone, Id, QueryText, runtime, Scope, scopeParams, Time } from './scope.ts'

const CurrentStep = z.object({ stepId: z.string(), title: z.string(), path: z.string() }).nullable()

/** One line of History. */
export const InstanceCard = z
  .object({
    instanceUuid: Id,
    kind: InstanceKind,
    workflowId: Id,
    workflowName: z.string(),
    version: z.int(),
    chatSessionId: Id.nullable(),
    parentInstanceUuid: Id.nullable(),
    /** The run that this one was made from, by answering one of its questions anew. */
    rewoundFrom: Id.nullable(),
    status: InstanceStatus,
    progress: z.int().min(0).max(100),
    currentStep: CurrentStep,
    startedBy: Person.nullable(),
    startedAt: Time,
    finishedAt: Time.nullable(),
  })
  .meta({ id: 'InstanceCard' })
export type InstanceCard = z.infer<typeof InstanceCard>

export const Message = z
  .object({
    messageId: Id,
    role: z.enum(['user', 'assistant', 'agent', 'system']),
    text: z.string(),
    attachments: z.array(FileValue),
    stepId: z.string().optional(),
    suggestions: z.array(z.string()).optional(),
    /** Where the words came from, when a person must know: `Demo model`. */
    label: z.string().optional(),
    /** Of the role `agent`, where it is a person of a team and no model. */
    by: Person.optional(),
    at: Time,
  })
  .meta({ id: 'Message' })
export type Message = z.infer<typeof Message>

/** What may be done with a run. Looking at it and exporting it is open to whoever sees it. */
export const RunAction = z.enum(['answer', 'decide', 'cancel', 'retry', 'rewind', 'export'])
export type RunAction = z.infer<typeof RunAction>

export const Instance = InstanceCard.extend({
  /** What who asks may do with it now. */
  actions: z.array(RunAction),
  /** Where the run is found in Parley. */
  href: z.string(),
  /** What the run waits for. */
  requests: z.array(OpenRequest),
  messages: z.array(Message),
  output: z.unknown(),
  assets: z.array(FileValue.pick({ fileId: true, name: true, mediaType: true })),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  temporal: z.object({ workflowId: z.string(), runId: z.string().nullable(), url: z.string().nullable() }),
}).meta({ id: 'Instance' })
export type Instance = z.infer<typeof Instance>

/** A question or approval of a run, open or closed. */
export const AskedRequest = OpenRequest.extend({
  closedAt: Time.nullable(),
  /** `answered`, `approved`, `rejected`, `changes`, `expired`, or how the run ended. */
  outcome: z.string().nullable(),
  by: Person.nullable(),
  /** What was answered, as it was understood. */
  value: z.unknown(),
  /** Whether the run can be rewound to it by who asks. */
  canRewind: z.boolean(),
}).meta({ id: 'AskedRequest' })
export type AskedRequest = z.infer<typeof AskedRequest>

const InstanceParams = z.object({ ...scopeParams, instanceUuid: Id })
const one = `${runtime}/workflows/instances/{instanceUuid}`

/** Where a reader of a stream goes on. The header `Last-Event-ID` says the same. */
export const StreamQuery = z.object({
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
})

export const instances = {
  list: route({
    name: 'listInstances',
    method: 'get',
    path: `${runtime}/workflows/instances`,
    tag: 'Runs',
    summary: 'History, newest first: members see their own runs, admins all',
    access: anyone,
    params: Scope,
    query: z.object({
      ...pageQuery,
      kind: InstanceKind.default('run'),
      status: InstanceStatus.optional(),
      workflowId: Id.optional(),
      chatSessionId: Id.optional(),
      q: QueryText.optional().describe('Part of the name of the workflow'),
    }),
    reply: { status: 200, description: 'A page of runs', body: pageOf(InstanceCard) },
  }),
  get: route({
    name: 'getInstance',
    method: 'get',
    path: one,
    tag: 'Runs',
    summary: 'One run: where it stands, what it waits for, what it made',
    access: anyone,
    params: InstanceParams,
    reply: { status: 200, description: 'The run', body: Instance },
  }),
  stream: route({
    name: 'streamInstance',
    method: 'get',
    path: `${one}/stream`,
    tag: 'Streams',
    summary: 'Server-sent events of one run',
    description:
      'Durable events carry an `id`; `Last-Event-ID`, or `?after=`, goes on after that one without gap or duplicate. `messageDelta` and `reset` are live only. A comment line comes every 15 s.',
    access: anyone,
    params: InstanceParams,
    query: StreamQuery,
    reply: { status: 200, description: 'The events', mediaType: 'text/event-stream' },
  }),
  log: route({
    name: 'getInstanceLog',
    method: 'get',
    path: `${one}/log`,
    tag: 'Runs',
    summary:
      'The log of one run: each step with input, output, attempts, model and tool calls, and the totals',
    description: `Steps come in the order they began; a long run has several pages. A value of more than ${mostLogged} characters, or a part of one, stands there as \`{ truncated: true, characters, text }\` with its beginning; \`?path=…&whole=true\` gives it whole. What a step was cut off at (its time was over, or another line failed) is \`cancelled\`. The totals count subworkflows in.`,
    access: anyone,
    params: InstanceParams,
    query: LogQuery,
    reply: { status: 200, description: 'The log', body: RunLog },
  }),
  requests: route({
    name: 'listInstanceRequests',
    method: 'get',
    path: `${one}/requests`,
    tag: 'Runs',
    summary: 'What a run has asked of people, oldest first: open and closed, with the answers',
    access: anyone,
    params: InstanceParams,
    query: PageQuery,
    reply: { status: 200, description: 'A page of requests', body: pageOf(AskedRequest) },
  }),
  export: route({
    name: 'exportInstance',
    method: 'get',
    path: `${one}/export`,
    tag: 'Runs',
    summary: 'The whole record of one run, as JSON lines',
    description:
      'One object a line, told apart by `type`: `run` (what it is, input, output, the SHA-256 of the version it ran), `event` (an entry of the journal), `step` (attempts, input and output of its activity), `call` (a model or tool call as it was made, with model, tokens and cost), `request` (what people were asked, and who replied what when), `effect` (what was done outside), `file` (with its SHA-256). Subworkflows follow, each with a `run` line of its own; every line names its `instanceUuid`. The last line is `end`, with the number of lines before it and their SHA-256: without it the export broke off. A run that is under way is exported as far as it has come.',
    access: anyone,
    params: InstanceParams,
    reply: { status: 200, description: 'The lines', mediaType: 'application/x-ndjson' },
  }),
  answer: route({
    name: 'answerRequest',
    method: 'post',
    path: `${one}/answers`,
    tag: 'Runs',
    summary: 'Answers an open question',
    description:
      'A value that does not fit is refused with the reason, and the question stays open. Only who started the run, or an admin, answers.',
    access: anyone,
    params: InstanceParams,
    body: AnswerBody,
    reply: { status: 200, description: 'Taken', body: z.object({ requestId: Id }) },
    problems: ['AnswerRefused', 'FileUnreadable', 'NotOpen', 'NotRunning', 'Unavailable'],
    idempotent: true,
  }),
  decide: route({
    name: 'decideRequest',
    method: 'post',
    path: `${one}/decisions`,
    tag: 'Runs',
    summary: 'Decides an open approval: approve, reject or changes',
    access: anyone,
    params: InstanceParams,
    body: DecisionBody,
    reply: { status: 200, description: 'Taken', body: z.object({ requestId: Id }) },
    problems: ['NotApprover', 'AlreadyDecided', 'NotOpen', 'NotRunning', 'Invalid', 'Unavailable'],
    idempotent: true,
  }),
  cancel: route({
    name: 'cancelInstance',
    method: 'post',
    path: `${one}/cancel`,
    tag: 'Runs',
    summary: 'Cancels a run, cleanly, at whatever it is doing',
    description: 'Again when cancelled: 202. Completed or failed: 409.',
    access: anyone,
    params: InstanceParams,
    reply: {
      status: 202,
      description: 'The run is being cancelled',
      body: z.object({ instanceUuid: Id, status: InstanceStatus }),
    },
    problems: ['NotRunning', 'Unavailable'],
    idempotent: true,
  }),
  retry: route({
    name: 'retryInstance',
    method: 'post',
    path: `${one}/retry`,
    tag: 'Runs',
    summary: 'Lets a failed run go on from the step it failed at',
    description:
      'The same run, under the same id: steps that are done are not done again. Only who started it, or an admin. A run that did not fail: 409.',
    access: anyone,
    params: InstanceParams,
    reply: {
      status: 202,
      description: 'The run goes on',
      body: z.object({ instanceUuid: Id, status: InstanceStatus }),
    },
    problems: ['Conflict', 'Unavailable'],
    idempotent: true,
  }),
  rewind: route({
    name: 'rewindInstance',
    method: 'post',
    path: `${one}/rewind`,
    tag: 'Runs',
    summary: 'Makes a new run from an earlier answer of this one, answered anew',
    description:
      'Everything before that answer is taken over, and nothing of it is done again. This run stays as it is. Lists what it has done outside since: that is not undone.',
    access: anyone,
    params: InstanceParams,
    body: RewindBody,
    reply: { status: 202, description: 'The new run', body: Rewound },
    problems: ['AnswerRefused', 'FileUnreadable', 'NotOpen', 'Conflict', 'TooLarge', 'Unavailable'],
    idempotent: true,
  }),
}

export const app = {
  stream: route({
    name: 'streamApp',
    method: 'get',
    path: `${runtime}/stream`,
    tag: 'Streams',
    summary:
      'Server-sent events of everything the caller may see: `instanceChanged`, `noticeAdded`; without ids, not resumable',
    access: anyone,
    params: Scope,
    reply: { status: 200, description: 'The events', mediaType: 'text/event-stream' },
  }),
}
