import { and, asc, eq, inArray, type SQL } from 'drizzle-orm'
import type { JournalEntry, JournalEvent } from '../../shared/contract/journal.ts'
import type { MemoryTurn } from '../../shared/contract/memory.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { Database, Transaction } from './database.ts'
import { promptOf, turnKept } from './memory.ts'
import { journal } from './schema.ts'

/** Whether it is part of what a turn is remembered by. */
export const isSaid = ({ event }: Pick<JournalEvent, 'event'>): boolean => saying.includes(event)

const saying: JournalEvent['event'][] = ['turnOpened', 'message', 'requestOpened']

/**
 * The part of a statement that has a session remember what was said in a turn that these entries end: its message, and
 * every reply in the order of the conversation, whatever step gave it, with the questions it asked and what was answered.
 * A turn without a reply leaves nothing, and neither does one that was cancelled or failed. `said` is what was said before,
 * where the caller knows it.
 */
export async function turnToRemember(
  on: Database | Transaction,
  run: RunRef,
  fresh: JournalEntry[],
  said?: JournalEntry[],
): Promise<((onlyIf: SQL) => SQL) | undefined> {
  const ends = fresh.some((entry) => entry.event === 'instanceFinished' && entry.status === 'completed')
  if (!ends || run.chatSessionId === undefined) return undefined
  const entries = [...(said ?? (await findSaid(on, run))), ...fresh]
  const opened = entries.find((entry) => entry.event === 'turnOpened')
  if (!opened) return undefined
  const agent = repliesIn(entries, new Set(opened.messageIds))
  if (agent === '') return undefined
  return (onlyIf) => turnKept(run, { user: promptOf(run, opened.userMessage), agent }, onlyIf)
}

async function findSaid(on: Database | Transaction, run: RunRef): Promise<JournalEvent[]> {
  const rows = await on
    .select({ event: journal.event, data: journal.data })
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, run.workspaceId),
        eq(journal.instanceUuid, run.instanceUuid),
        inArray(journal.event, saying),
      ),
    )
    .orderBy(asc(journal.seq))
  return rows.map(({ event, data }) => ({ event, ...data }) as JournalEvent)
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
