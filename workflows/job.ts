import { isCancellation, upsertSearchAttributes } from '@temporalio/workflow'
import { JobInput } from '../shared/contract/job.ts'
import type { Json } from '../shared/contract/json.ts'
import { fail } from '../shared/temporal/failure.ts'
import { searchAttributes as attribute } from '../shared/temporal/names.ts'
import { asRunFailure } from './interpreter.ts'
import { runJob } from './jobs/index.ts'

/** Durable work beside the runs, one kind of it. */
export async function job(given: unknown): Promise<Json> {
  const input = readInput(given)
  upsertSearchAttributes([
    { key: attribute.workspace, value: input.workspaceId },
    { key: attribute.app, value: input.appId },
  ])
  try {
    return await runJob(input)
  } catch (error) {
    throw isCancellation(error) ? error : asRunFailure(error)
  }
}

function readInput(given: unknown): JobInput {
  const parsed = JobInput.safeParse(given)
  if (parsed.success) return parsed.data
  throw fail(
    'InvalidInput',
    parsed.error.issues
      .map(({ path, message }) => `${path.join('.') || 'the input of a job'}: ${message}`)
      .join('; '),
  )
}
