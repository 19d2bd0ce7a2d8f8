import type { Json, JsonObject } from '../shared/contract/json.ts'
import { fail, kindOf } from '../shared/temporal/failure.ts'
import { type CallPlace, findCall, recordCall } from '../storage/sql/record-call.ts'
import { beginEffect, effectState, handOverEffect, setEffect } from '../storage/sql/record-effect.ts'
import type { Deps } from './deps.ts'
import type { ToolCall } from './providers/tools/port.ts'

/** What a tool gave, as it is recorded. */
export interface Answer {
  value: Json
  truncated?: true
}

/** A call of another system that is made once. */
export interface OnceCall {
  place: CallPlace & { appId: string }
  /** Of the effect: equal over attempts. */
  key: string
  /** How often the run was taken up again: who did that has looked there, and wants it sent; the key stays the same. */
  retry?: number | undefined
  /** Set where no earlier attempt can have made it. */
  isNew?: boolean
  signal: AbortSignal
  /** What is recorded of it. */
  request: JsonObject
  send: (call: Omit<ToolCall, 'arguments' | 'marks' | 'secure'>) => Promise<Answer>
}

/**
 * Makes a call, once. What an earlier attempt was given is used again; what it handed over without getting an answer
 * may have done its work, and is not repeated. A call that can be repeated without harm never counts as handed over.
 */
export async function callOnce(
  { db }: Pick<Deps, 'db'>,
  { place: { appId, ...place }, key, retry, isNew, signal, request, send }: OnceCall,
): Promise<Answer> {
  const { workspaceId, instanceUuid } = place
  const before = isNew ? undefined : await findCall(db, place)
  if (before) return before.response as unknown as Answer
  const row = retry ? `${key}~${retry}` : key
  const state = isNew ? undefined : await effectState(db, workspaceId, row)
  if (state === 'handedOver' || state === 'done')
    throw fail(
      'ToolFailed',
      'The call was sent before a crash, and its answer was lost: whether it did its work is not known, so it is not sent again. Look there.',
    )
  // Most calls can be repeated without harm, and leave no row.
  let isNoted = state !== undefined
  const onHandOver = async () => {
    isNoted = true
    await beginEffect(db, { key: row, workspaceId, instanceUuid, kind: 'tool' })
    await handOverEffect(db, workspaceId, row)
  }
  const startedAt = new Date()
  try {
    const answer = await send({ workspaceId, appId, key, signal, onHandOver })
    await recordCall(db, place, 'tool', { request, response: answer as unknown as Json, startedAt })
    if (isNoted) await setEffect(db, workspaceId, row, 'done')
    return answer
  } catch (error) {
    // Nothing was done there, the provider says: the next attempt may send it.
    if (isNoted && kindOf(error)?.code === 'ProviderBusy') await setEffect(db, workspaceId, row, 'begun')
    throw error
  }
}
