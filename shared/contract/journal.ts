import { z } from 'zod'
import { AnswerKind } from './answer.ts'
import { EndReason } from './chat.ts'
import { FileValue } from './file.ts'
import { JsonValue } from './json.ts'
import { Person } from './person.ts'
import { inOrder, OpenRequest } from './request.ts'

const Fault = z.object({ code: z.string(), message: z.string() })
export type Fault = z.infer<typeof Fault>

const stepFields = { path: z.string(), stepId: z.string(), title: z.string(), type: z.string() }

export const InstanceStatus = z.enum(['running', 'waiting', 'completed', 'failed', 'cancelled'])
export type InstanceStatus = z.infer<typeof InstanceStatus>

export const EndStatus = z.enum(['completed', 'failed', 'cancelled'])
export type EndStatus = z.infer<typeof EndStatus>

/** Everything that can happen in a run, as people are told of it. One union for workflow, storage, API and readers. */
export const JournalEvent = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('instanceStarted'),
    title: z.string(),
    status: z.literal('running'),
    /** What the run was started with, for the log of a run that a Temporal client started. */
    input: JsonValue.optional(),
    /** The run had failed and goes on: how often that has happened. */
    retry: z.int().optional(),
  }),
  z.object({
    event: z.literal('instanceFinished'),
    status: EndStatus,
    error: Fault.optional(),
    output: JsonValue.optional(),
  }),
  z.object({ event: z.literal('stepStarted'), ...stepFields, status: z.literal('running') }),
  z.object({
    event: z.literal('stepFinished'),
    ...stepFields,
    status: z.enum(['completed', 'skipped']),
    /** Of steps without an activity; the others' stands in their own record. */
    output: JsonValue.optional(),
  }),
  z.object({ event: z.literal('stepFailed'), ...stepFields, status: z.literal('failed'), error: Fault }),
  z.object({ event: z.literal('progress'), percent: z.int().min(0).max(100), label: z.string() }),
  z.object({
    event: z.literal('message'),
    messageId: z.uuid(),
    role: z.enum(['user', 'assistant', 'agent', 'system']),
    text: z.string(),
    attachments: z.array(FileValue),
    stepId: z.string().optional(),
    suggestions: z.array(z.string()).optional(),
    /** Where the words came from, when a person must know: `Demo model`. */
    label: z.string().optional(),
    /** Of the role `agent`, where it is a person of a team and no model. */
    by: Person.optional(),
  }),
  z.object({
    event: z.literal('requestOpened'),
    ...OpenRequest.omit({ instanceUuid: true }).shape,
    answer: AnswerKind.optional(),
  }),
  z.object({
    event: z.literal('requestClosed'),
    requestId: z.uuid(),
    kind: z.string(),
    outcome: z.string(),
    by: Person.optional(),
    comment: z.string().optional(),
    /** The artifact's text as the approver wanted it. */
    edited: z.string().optional(),
  }),
  /** A person talks with the user now; and has handed the conversation back. */
  z.object({ event: z.literal('handoffTaken'), requestId: z.uuid(), by: Person }),
  z.object({ event: z.literal('handoffReturned'), requestId: z.uuid(), by: Person }),
  /** Whom a request waits for was reminded. */
  z.object({ event: z.literal('requestReminded'), requestId: z.uuid(), kind: z.string(), text: z.string() }),
  /** An answer, decision or signal that did not fit: by whom, and why it was refused. */
  z.object({
    event: z.literal('refused'),
    name: z.string(),
    requestId: z.string().optional(),
    reason: z.string(),
    by: Person.optional(),
  }),
  /** A session began, or began anew after it had ended. */
  z.object({ event: z.literal('sessionStarted'), variables: z.record(z.string(), JsonValue) }),
  z.object({ event: z.literal('sessionEnded'), reason: EndReason }),
  /** A message waits until the turn before it is over. */
  z.object({
    event: z.literal('messageQueued'),
    messageId: z.uuid(),
    text: z.string(),
    /** The turn it will have: of a session itself, what its entries belong to. */
    instanceUuid: z.uuid(),
  }),
  z.object({ event: z.literal('messageRemoved'), messageId: z.uuid() }),
  /** A turn began, with one message, or with several that were merged. For the run log: what was said how. */
  z.object({
    event: z.literal('turnOpened'),
    messageIds: z.array(z.uuid()),
    userMessage: z.string(),
    userMessageType: z.enum(['text', 'AI trigger']),
    trigger: z.string().nullable(),
    uiFlowContext: z.record(z.string(), JsonValue),
  }),
  z.object({
    event: z.literal('variablesSet'),
    values: z.record(z.string(), JsonValue),
    /** These are all there are: what a cancelled turn set is forgotten. */
    replaces: z.literal(true).optional(),
  }),
  /** The turn was cancelled; its prompt stays, marked. */
  z.object({ event: z.literal('chatCancelled'), messageId: z.uuid() }),
  z.object({ event: z.literal('suggestions'), items: z.array(z.string()) }),
  /** The person is led to a page of a UI flow. */
  z.object({
    event: z.literal('navigate'),
    uiFlowId: z.guid(),
    pageId: z.string(),
    /** Of the page, as people see it. */
    title: z.string(),
    parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
  z.object({ event: z.literal('asset'), ...FileValue.shape, stepId: z.string().optional() }),
])
export type JournalEvent = z.infer<typeof JournalEvent>

/** An event with its cause and time. `key` is unique in a run, so writing an entry twice writes it once. */
export type JournalEntry = JournalEvent & { key: string; at: string }

/** What people see of a run: made from its journal and nothing else. */
export interface RunView {
  status: InstanceStatus
  percent: number
  currentStep: { stepId: string; title: string; path: string } | null
  requests: (OpenRequest & { instanceUuid: string })[]
  assets: FileValue[]
  output: unknown
  error: Fault | null
  startedAt: string | null
  finishedAt: string | null
}

export const emptyView: RunView = {
  status: 'running',
  percent: 0,
  currentStep: null,
  requests: [],
  assets: [],
  output: null,
  error: null,
  startedAt: null,
  finishedAt: null,
}

type Reducers = {
  [Name in JournalEvent['event']]?: (
    view: RunView,
    entry: Extract<JournalEvent, { event: Name }> & { at: string },
    instanceUuid: string,
  ) => RunView
}

const reducers: Reducers = {
  instanceStarted: (view, { at, retry }) => ({
    ...view,
    startedAt: view.startedAt ?? at,
    ...(retry === undefined ? {} : { status: 'running', error: null, finishedAt: null }),
  }),
  instanceFinished: (view, { status, error, output, at }) => ({
    ...view,
    status,
    percent: status === 'completed' ? 100 : view.percent,
    currentStep: null,
    requests: [],
    error: error ?? null,
    output: output ?? null,
    finishedAt: at,
  }),
  stepStarted: (view, { stepId, title, path }) => ({ ...view, currentStep: { stepId, title, path } }),
  progress: (view, { percent }) => ({ ...view, percent: Math.max(view.percent, percent) }),
  // What a team is told is not for all who see the run.
  requestOpened: (view, { event: _, at: __, note: ___, ...request }, instanceUuid) =>
    withRequests(
      view,
      [
        ...view.requests.filter((one) => one.requestId !== request.requestId),
        { ...request, instanceUuid },
      ].sort(inOrder),
    ),
  requestClosed: (view, { requestId }) =>
    withRequests(
      view,
      view.requests.filter((one) => one.requestId !== requestId),
    ),
  handoffTaken: (view, { requestId, by }) =>
    withRequests(
      view,
      view.requests.map((one) => (one.requestId === requestId ? { ...one, takenBy: by } : one)),
    ),
  asset: (view, { fileId, name, mediaType, bytes }) =>
    view.assets.some((one) => one.fileId === fileId)
      ? view
      : { ...view, assets: [...view.assets, { fileId, name, mediaType, bytes }] },
}

const withRequests = (view: RunView, requests: RunView['requests']): RunView => ({
  ...view,
  requests,
  status: requests.length > 0 ? 'waiting' : 'running',
})

/** The only way a view changes. An event after the end changes nothing, but that the run goes on. */
export function apply(view: RunView, entry: JournalEvent & { at: string }, instanceUuid: string): RunView {
  const isTakenUp = entry.event === 'instanceStarted' && entry.retry !== undefined
  if (view.finishedAt !== null && !isTakenUp) return view
  const reduce = reducers[entry.event] as
    | ((view: RunView, entry: unknown, instanceUuid: string) => RunView)
    | undefined
  return reduce ? reduce(view, entry, instanceUuid) : view
}
