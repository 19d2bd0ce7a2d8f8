import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import { type ErrorCode, errors, isErrorCode, Refusal } from '../contract/errors.ts'

/**
 * The one thing thrown across Temporal: its type is the code, and the table decides whether it is retried.
 * `retryAfter` in milliseconds overrides the retry policy's own pause.
 */
export const fail = (
  code: ErrorCode,
  message: string,
  more: { details?: unknown[]; retryAfter?: number; cause?: Error } = {},
) =>
  ApplicationFailure.create({
    type: code,
    message: message.slice(0, 2_000),
    nonRetryable: !errors[code].retry,
    details: more.details,
    // To the server a pause of 0 means that there is no next attempt.
    nextRetryDelay: more.retryAfter === undefined ? undefined : Math.max(more.retryAfter, 1),
    cause: more.cause,
  })

/** The code of an error that crossed Temporal, however deep it is wrapped; undefined when it is none of ours. */
export function kindOf(
  error: unknown,
): { code: ErrorCode; message: string; details?: unknown[] } | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    if (at instanceof Refusal) return { code: at.code, message: at.message }
    if (at instanceof ApplicationFailure && isErrorCode(at.type))
      return { code: at.type, message: at.message, ...(at.details ? { details: at.details } : {}) }
  }
  return undefined
}

/** A refusal of ours as the failure that Temporal understands; anything else stays as it is. */
export const asFailure = (error: unknown): unknown =>
  error instanceof Refusal
    ? fail(error.code, error.message, { details: error.problems ? [error.problems] : undefined })
    : error

/** Whether a workflow could not be started because its id is taken: for ids of ours, that it was started before. */
export const isStartedBefore = (error: unknown): boolean =>
  error instanceof WorkflowExecutionAlreadyStartedError
