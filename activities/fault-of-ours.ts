import { log } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'

/**
 * A fault that is none of the vocabulary, as a failure worth another try. Its words may quote what people wrote (a
 * query with its parameters), so Temporal and readers get the kind of fault only, and the worker's log the rest.
 */
export function faultOfOurs(error: unknown): ApplicationFailure {
  let inner = error
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause
  const { name, code } = Object(inner) as { name?: unknown; code?: unknown }
  const kind = [name, code].filter((one) => typeof one === 'string').join(' ') || typeof inner
  log.error('a fault of ours', { error: inner })
  return ApplicationFailure.retryable(`A fault of ours (${kind}).`, 'Internal')
}
