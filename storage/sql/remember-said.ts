import { and, asc, eq, inArray, type SQL } from 'drizzle-orm'
import type { JournalEntry, JournalEvent } from '../../shared/contract/journal.ts'
import type { MemoryTurn } from '../../shared/contract/memory.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { Database, Transaction } from './database.ts'
import { promptOf, turnKept } from './memory.ts'
import { journal } from './schema.ts'

/**
 * The part of a statement that has a session remember what was said in a turn that these entries end: its message, and
 * every reply in the order of the conversation, whatever step gave it, with the questions it asked and what was answered.
 * A turn without a reply leaves nothing, and neither does one that was cancelled or failed.
 */
export async function turnToRemember(
  on: Database | Transaction,
  run: RunRef,
  fresh: JournalEntry[],
): Promise<((onlyIf: SQL) => SQL) | undefined> {
  const ends = fresh.some((entry) => entry.event === 'instanceFinished' && entry.status === 'completed')
  if (!ends || run.chatSessionId === undefined) return undefined
  const rows = await on
    .select({ event: journal.event, data: journal.data })
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, run.workspaceId),
        eq(journal.instanceUuid, run.instanceUuid),
        inArray(journal.event, ['turnOpened', 'message', 'requestOpened']),
      ),
    )
    .orderBy(asc(journal.seq))
  const before = rows.map(({ event, data }) => ({ event, ...data }) as JournalEvent)
  const entries = [...before, ...fresh]
  const opened = entries.find((entry) => entry.event === 'turnOpened')
  if (!opened) return undefined
  const agent = repliesIn(entries, new Set(opened.messageIds))
  if (agent === '') return undefined
  return (onlyIf) => turnKept(run, { user: promptOf(run, opened.userMessage), agent }, onlyIf)
}

/** What was said behind the messages that the turn answers. */
function repliesIn(entries: JournalEvent[], prompts: Set<string>): MemoryTurn['agent'] {
  const asked = new Set<string>()
  let text = ''
  let speaker: 'User' | 'Agent' = 'Agent'
  const say = (who: typeof speaker, words: string) => {
    if (text !== '') text += who === speaker ? '\n\n' : `\n${who}: `
    else if (who === 'User') text += 'User: '
    text += words
    speaker = who
  }
  for (const entry of entries) {
    if (entry.event === 'message' && entry.role !== 'system' && !prompts.has(entry.messageId))
      say(entry.role === 'user' ? 'User' : 'Agent', entry.text)
    if (entry.event !== 'requestOpened' || entry.kind !== 'answer' || asked.has(entry.requestId)) continue
    asked.add(entry.requestId)
    say('Agent', entry.question)
  }
  return text
}
