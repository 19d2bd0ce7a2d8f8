import { and, asc, desc, eq, gt, inArray, lt } from 'drizzle-orm'
import type { ChatMessage } from '../../shared/contract/api/chat.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Database } from './database.ts'
import type { SessionRow } from './lock-session.ts'
import { NumberKey, readCursor, toPage } from './page.ts'
import { asMessage, isSaid } from './said.ts'
import { journal } from './schema.ts'

/**
 * The newest messages of a conversation, the oldest of them first; the cursor leads to older ones. A cancelled prompt is
 * marked; suggestions stand with the reply that they came with. A question stands before what answered it.
 */
export async function listSessionMessages(
  db: Database,
  { workspaceId, chatSessionId }: SessionRow,
  { limit, cursor }: PageQuery,
): Promise<Page<ChatMessage>> {
  const before = readCursor(cursor, NumberKey)
  const ofSession = and(eq(journal.workspaceId, workspaceId), eq(journal.streamId, chatSessionId))
  const found = await db
    .select()
    .from(journal)
    .where(and(ofSession, isSaid, before && lt(journal.seq, before[0])))
    .orderBy(desc(journal.seq))
    .limit(limit + 1)
  const page = toPage(found, limit, { item: (row) => row, key: ({ seq }) => [seq] })
  const rows = page.items.toReversed()
  const [oldest] = rows
  if (!oldest) return { items: [], nextCursor: null }
  const [suggested, marks] = await Promise.all([
    db
      .select({ seq: journal.seq, instanceUuid: journal.instanceUuid, data: journal.data })
      .from(journal)
      .where(
        and(
          ofSession,
          eq(journal.event, 'suggestions'),
          gt(journal.seq, oldest.seq),
          before && lt(journal.seq, before[0]),
        ),
      )
      .orderBy(asc(journal.seq)),
    db
      .select({ key: journal.key })
      .from(journal)
      .where(and(ofSession, inArray(journal.key, rows.map(cancelKeyOf)))),
  ])
  const cancelled = new Set(marks.map(({ key }) => key))
  const items = rows.map(
    (row): ChatMessage => ({
      ...asMessage(row),
      instanceUuid: row.instanceUuid,
      ...(cancelled.has(cancelKeyOf(row)) ? { cancelled: true as const } : {}),
    }),
  )
  for (const { seq, instanceUuid, data } of suggested) {
    const index = rows.findLastIndex(
      (row) =>
        row.seq < seq &&
        row.instanceUuid === instanceUuid &&
        row.event === 'message' &&
        row.data.role !== 'user',
    )
    const reply = items[index]
    if (reply) reply.suggestions = data.items as string[]
  }
  return { items, nextCursor: page.nextCursor }
}

/** The key of the entry that a prompt's turn was cancelled. */
const cancelKeyOf = ({ instanceUuid, data }: Pick<typeof journal.$inferSelect, 'instanceUuid' | 'data'>) =>
  `${instanceUuid}:cancelled:${data.messageId}`
