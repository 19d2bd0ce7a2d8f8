import { and, asc, eq, inArray } from 'drizzle-orm'
import type { RunLog } from '../../shared/contract/api/run-log.ts'
import { checkConversation } from '../../shared/contract/check-conversation.ts'
import type { Definition } from '../../shared/contract/definition.ts'
import type { JournalEvent } from '../../shared/contract/journal.ts'
import type { Database } from './database.ts'
import type { InstanceRow } from './find-instance.ts'
import { findDraft, findPinned } from './find-pinned.ts'
import { nothing } from './memory.ts'
import { findRecalled } from './recall.ts'
import { journal } from './schema.ts'

/** What the log of a turn says beside its steps. */
type TurnLog = Pick<RunLog, 'input' | 'output' | 'memory' | 'userMessageType' | 'trigger' | 'start' | 'error'>

/** A turn as its conversation sees it: what was said how, what was remembered, what was replied. */
export async function readTurn(db: Database, turn: InstanceRow, chatSessionId: string): Promise<TurnLog> {
  const { workspaceId, instanceUuid, version, kind } = turn
  const [entries, pinned] = await Promise.all([
    db
      .select({ event: journal.event, data: journal.data })
      .from(journal)
      .where(
        and(
          eq(journal.workspaceId, workspaceId),
          eq(journal.instanceUuid, instanceUuid),
          inArray(journal.event, ['turnOpened', 'message']),
        ),
      )
      .orderBy(asc(journal.seq)),
    kind === 'test' ? findDraft(db, turn) : findPinned(db, { ...turn, version }),
  ])
  const definition = pinned?.definition
  const opened = entries.find(({ event }) => event === 'turnOpened')?.data as unknown as Opened | undefined
  const replies = entries.filter(({ event, data }) => event === 'message' && data.role !== 'user')
  const { userMessage = null, userMessageType = null, trigger = null } = opened ?? {}
  return {
    input: turn.startOrder.input ?? null,
    output: replies.length > 0 ? replies.map(({ data }) => data.text).join('\n\n') : null,
    memory: (await findRecalled(db, { workspaceId, instanceUuid, chatSessionId })) ?? nothing,
    userMessageType,
    trigger,
    start: { output: { user_message_type: userMessageType, trigger, user_message: userMessage } },
    error: turn.view.error ?? muteFault(definition),
  }
}

type Opened = Extract<JournalEvent, { event: 'turnOpened' }>

/** A model worked and nobody hears of it: that nothing failed does not make it right. */
function muteFault(definition: Definition | null | undefined): RunLog['error'] {
  const [warning] = definition ? checkConversation(definition).warnings : []
  return warning ? { code: 'InvalidDefinition', message: `No chat reply: ${warning.message}` } : null
}
