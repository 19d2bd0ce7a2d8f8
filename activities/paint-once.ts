import type { Json } from '../shared/contract/json.ts'
import { costOf } from '../shared/contract/prices.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { findCall, recordCall } from '../storage/sql/record-call.ts'
import type { Deps } from './deps.ts'
import type { ImageRequest } from './providers/images/port.ts'
import type { StepJob } from './step-activity.ts'
import { paintWithinBudget } from './within-budget.ts'

/**
 * Has a picture painted and keeps it under the file id. The picture is stored before the call is written down, so that
 * a retry finds both and pays nothing twice.
 */
export async function paintOnce<S extends AnyStep>(
  deps: Pick<Deps, 'db' | 'assets' | 'images' | 'prices'>,
  job: StepJob<S>,
  request: ImageRequest,
  fileId: string,
): Promise<Uint8Array> {
  const { db, assets, images, prices } = deps
  const { run, path, ordinal } = job.call
  const place = {
    workspaceId: run.workspaceId,
    instanceUuid: run.instanceUuid,
    path,
    // As the model calls of any step: a thousand for each of its activities.
    ordinal: ordinal * 1_000,
  }
  const key = { workspaceId: run.workspaceId, fileId, part: 'original' } as const
  if (await findCall(db, place)) return assets.bytes(key)
  return paintWithinBudget(deps, job, place, request.prompt, async (settle) => {
    job.at('painting')
    const startedAt = new Date()
    const { bytes, model, tokensIn, tokensOut, revisedPrompt } = await images.paint(request, {
      signal: job.signal,
    })
    // Another attempt, thought to be dead, may have been faster: its picture is the one.
    const isLate = (await findCall(db, place)) !== undefined
    if (!isLate) await assets.put(key, bytes)
    const used = { names: [model], tokensIn, tokensOut }
    const call = {
      request: request as unknown as Json,
      response: { fileId, bytes: bytes.length, ...(revisedPrompt ? { revisedPrompt } : {}) },
      model,
      tokensIn,
      tokensOut,
      ...costOf(prices, used),
      startedAt,
    }
    await recordCall(db, place, 'model', call, settle && ((tx) => settle(tx, used)))
    return isLate ? assets.bytes(key) : bytes
  })
}
