import { and, eq, inArray, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Message } from '../../shared/contract/api/instances.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import { idFrom } from '../id-from.ts'
import { journal } from './schema.ts'

const later = alias(journal, 'later')

/**
 * Entries that people read as said, of a stream's own runs: messages, and questions once something came of them. A question
 * that is open stands among the requests, and what a subworkflow asked in its own conversation.
 */
export const isSaid = or(
  eq(journal.event, 'message'),
  and(
    eq(journal.event, 'requestOpened'),
    sql`${journal.data} ->> 'kind' = 'answer'`,
    sql`exists (select from ${journal} as ${later} where ${and(
      eq(later.streamId, journal.streamId),
      eq(later.instanceUuid, journal.instanceUuid),
      sql`${later.seq} > ${journal.seq}`,
      or(
        eq(later.event, 'instanceFinished'),
        and(
          inArray(later.event, ['requestOpened', 'requestClosed']),
          sql`${later.data} ->> 'requestId' = ${journal.data} ->> 'requestId'`,
        ),
      ),
    )})`,
    sql`exists (select from ${journal} as ${later} where ${and(
      eq(later.streamId, journal.streamId),
      eq(later.instanceUuid, journal.instanceUuid),
      eq(later.event, 'instanceStarted'),
    )})`,
  ),
)

/** An entry that is said as readers get it. A question that is asked again begins with the reason. */
export function asMessage({
  event,
  key,
  data,
  at,
}: Pick<typeof journal.$inferSelect, 'event' | 'key' | 'data' | 'at'>): Message {
  if (event === 'message') return { ...(data as Omit<Message, 'at'>), at: at.toISOString() }
  const { requestId, question, reason, stepId, label } = data as unknown as OpenRequest
  return {
    messageId: reason === undefined ? requestId : idFrom(key),
    role: 'assistant',
    text: reason === undefined ? question : `${reason}\n\n${question}`,
    attachments: [],
    stepId,
    ...(label ? { label } : {}),
    at: at.toISOString(),
  }
}
