import { isCancellation, TimeoutFailure } from '@temporalio/workflow'
import type { ErrorCode } from '../shared/contract/errors.ts'
import { kindOf } from '../shared/temporal/failure.ts'

/** What a failure is called in front of people. */
export function faultOf(error: unknown): { code: ErrorCode; message: string } {
  const known = kindOf(error)
  if (known) return { code: known.code, message: known.message }
  let cause = error
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause
  if (isCancellation(cause)) return { code: 'Cancelled', message: 'Somebody cancelled this step by itself.' }
  if (cause instanceof TimeoutFailure)
    return { code: 'TimedOut', message: 'It did not finish in time, also when tried again.' }
  return { code: 'Internal', message: cause instanceof Error ? cause.message : String(cause) }
}

/** Nobody raised a budget, here or in a run that was called: what waited for it is cancelled, whatever `onError` says. */
export const isDeclined = (error: unknown): boolean => kindOf(error)?.code === 'BudgetDeclined'
