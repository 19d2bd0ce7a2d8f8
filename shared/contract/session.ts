import type { EndReason } from './chat.ts'
import type { JournalEvent } from './journal.ts'
import type { Json } from './json.ts'

/** What people see of a session beside its turns: made from its journal and nothing else. */
export interface SessionView {
  status: 'open' | 'ended'
  endReason: EndReason | null
  /** Messages that wait for their turn, with the instance it will have. */
  queued: { messageId: string; instanceUuid: string; text: string; at: string }[]
  variables: Record<string, Json>
  lastMessageAt: string | null
}

export const emptySession: SessionView = {
  status: 'open',
  endReason: null,
  queued: [],
  variables: {},
  lastMessageAt: null,
}

type Reducers = {
  [Name in JournalEvent['event']]?: (
    view: SessionView,
    entry: Extract<JournalEvent, { event: Name }> & { at: string },
  ) => SessionView
}

const without = (view: SessionView, messageId: string): SessionView => ({
  ...view,
  queued: view.queued.filter((one) => one.messageId !== messageId),
})

const reducers: Reducers = {
  sessionStarted: (view, { variables }) => ({ ...view, status: 'open', endReason: null, variables }),
  messageQueued: (view, { messageId, instanceUuid, text, at }) => ({
    ...without(view, messageId),
    queued: [...without(view, messageId).queued, { messageId, instanceUuid, text, at }],
  }),
  messageRemoved: (view, { messageId }) => without(view, messageId),
  turnOpened: (view, { messageIds, at }) => ({
    ...messageIds.reduce(without, view),
    lastMessageAt: at,
  }),
  variablesSet: (view, { values, replaces }) => ({
    ...view,
    variables: replaces ? values : { ...view.variables, ...values },
  }),
  sessionEnded: (view, { reason }) => ({ ...view, status: 'ended', endReason: reason, queued: [] }),
}

/** The only way a session's view changes. */
export function applyToSession(view: SessionView, entry: JournalEvent & { at: string }): SessionView {
  const reduce = reducers[entry.event] as ((view: SessionView, entry: unknown) => SessionView) | undefined
  return reduce ? reduce(view, entry) : view
}
