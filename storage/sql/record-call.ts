import { and, eq, sql } from 'drizzle-orm'
import type { Json } from '../../shared/contract/json.ts'
import type { Database, Transaction } from './database.ts'
import { notWaitedFor } from './not-waited-for.ts'
import type { OwedRow } from './owed-rows.ts'
import { calls } from './schema.ts'

export interface RecordedCall {
  request: Json
  response: Json
  model?: string
  tokensIn?: number
  tokensOut?: number
  cost?: number
  currency?: string
  startedAt?: Date
}

export interface CallPlace {
  workspaceId: string
  instanceUuid: string
  path: string
  ordinal: number
}

const at = (place: CallPlace) =>
  and(
    eq(calls.workspaceId, place.workspaceId),
    eq(calls.instanceUuid, place.instanceUuid),
    eq(calls.path, place.path),
    eq(calls.ordinal, place.ordinal),
  )

/** A call that an earlier attempt finished. */
export async function findCall(db: Database, place: CallPlace): Promise<RecordedCall | undefined> {
  const [row] = await db.select().from(calls).where(at(place))
  if (!row) return undefined
  return {
    request: row.request,
    response: row.response,
    ...(row.model === null ? {} : { model: row.model }),
    ...(row.tokensIn === null ? {} : { tokensIn: row.tokensIn }),
    ...(row.tokensOut === null ? {} : { tokensOut: row.tokensOut }),
  }
}

/** A finished call as a part of a statement. */
export const callRow = (place: CallPlace, kind: 'model' | 'tool', call: RecordedCall): OwedRow => ({
  written: (onlyIf, name) => {
    const { workspaceId, instanceUuid, path, ordinal } = place
    const { model = null, tokensIn = null, tokensOut = null, cost = null, currency = null, startedAt } = call
    return sql`${name} as (
      insert into ${calls} (workspace_id, instance_uuid, path, ordinal, kind, request, response,
        model, tokens_in, tokens_out, cost, currency, started_at)
      select ${workspaceId}::uuid, ${instanceUuid}::uuid, ${path}::text, ${ordinal}::int, ${kind}::text,
        ${sql.param(call.request, calls.request)}::jsonb, ${sql.param(call.response, calls.response)}::jsonb,
        ${model}::text, ${tokensIn}::int, ${tokensOut}::int, ${cost}::numeric, ${currency}::text,
        ${startedAt?.toISOString() ?? null}::timestamptz
      where ${onlyIf}
      on conflict do nothing
    )`
  },
})

/**
 * Writes a finished call down before its answer is used, with what else is to be known of it. The disk is waited for
 * where others have done something: a tool's answer that is lost cannot be asked for again, a model's can.
 */
export async function recordCall(
  db: Database,
  place: CallPlace,
  kind: 'model' | 'tool',
  call: RecordedCall,
  also?: (tx: Transaction) => Promise<void>,
): Promise<void> {
  const { written } = callRow(place, kind, call)
  const write = (on: Database | Transaction) =>
    on.execute(sql`with ${written(sql`true`, sql`called`)} select ${kind === 'model' ? notWaitedFor : sql``}`)
  if (!also) {
    await write(db)
    return
  }
  await db.transaction(async (tx) => {
    await write(tx)
    // Also where another attempt was faster: this one was paid for, too.
    await also(tx)
  })
}
