import type { JournalEvent } from '../../shared/contract/journal.ts'

export type { CatalogCard } from '../../shared/contract/api/catalog.ts'
export type { ChatMessage, ChatSession, MessageReply, SessionCard } from '../../shared/contract/api/chat.ts'
export type { LibraryItem, StoredFile } from '../../shared/contract/api/files.ts'
export type { Handoff } from '../../shared/contract/api/handoffs.ts'
export type { Mail, Notice, OpenApproval } from '../../shared/contract/api/inbox.ts'
export type {
  AskedRequest,
  Instance,
  InstanceCard,
} from '../../shared/contract/api/instances.ts'
export type { Page } from '../../shared/contract/api/page.ts'
export type { Rewound } from '../../shared/contract/api/rewinding.ts'
export type { CutValue, LoggedStep, RunLog, RunTotals } from '../../shared/contract/api/run-log.ts'
export type { AnswerBody, DecisionBody } from '../../shared/contract/api/run-replies.ts'
export type { Started } from '../../shared/contract/api/runs.ts'
export type { Health, Me } from '../../shared/contract/api/system.ts'

interface Envelope {
  channel: 'CHAT_WORKFLOW_RESPONSE'
  /** Of a turn its session, else null. */
  chatSessionId: string | null
  instanceUuid: string
  at: string
}

type Named<E> = E extends { event: infer Name }
  ? { id?: string; event: Name; data: Omit<E, 'event'> & Envelope }
  : never

/** Sent while a text is being written, and never stored. `offset` counts UTF-16 units from the text's start. */
type LiveEvent =
  | { event: 'messageDelta'; messageId: string; path: string; attempt: number; offset: number; text: string }
  | { event: 'reset'; messageId: string; path: string; attempt: number }

/** An event of a run. The server may send names that are not listed: pass them by. */
export type RunEvent = Named<JournalEvent> | Named<LiveEvent>
