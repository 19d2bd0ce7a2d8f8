import {
  CancellationScope,
  CancelledFailure,
  isCancellation,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow'
import { milliseconds } from '../shared/contract/duration.ts'
import type { ErrorCode } from '../shared/contract/errors.ts'
import { isObject, type Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { fail, kindOf } from '../shared/temporal/failure.ts'
import { faceOf, type RunState, titleOf } from './run-state.ts'
import { type RunContext, StepRun } from './step-run.ts'
import { runnerOf } from './steps/index.ts'

/**
 * Walks a list of steps in order: take the step, journal it, run it, remember its result and that its path is done. It
 * knows no step type. Steps that are done are passed by, so the same walk resumes a run from wherever it stood.
 */
export async function walk(
  steps: AnyStep[],
  at: string,
  run: RunContext,
  bindings: Record<string, Json> = {},
): Promise<void> {
  for (const step of steps) {
    const { state } = run
    if (state.ended) return
    const path = at ? `${at}.${step.id}` : step.id
    if (state.isDone(path)) continue
    stopWhenCancelled()
    const current = new StepRun(run, step, path, bindings)
    try {
      if (step.when === undefined || current.render(step.when) === true) await take(step, current, state)
      else skip(step, path, state)
    } catch (error) {
      await recover(step, current, run, error)
    }
  }
}

/** A cancel that came too late for one effect still stops everything behind it. */
function stopWhenCancelled(): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('The run was cancelled.')
}

async function take(step: AnyStep, current: StepRun, state: RunState): Promise<void> {
  const { path } = current
  state.note({ event: 'stepStarted', key: `${path}:started`, ...faceOf(step, path), status: 'running' })
  const result = await within(step, () => runnerOf(step.type)(step, current))
  if (current.carried) return
  for (const { at: _, ...entry } of state.finishing(step, path, result)) state.note(entry)
  state.finished(step, path, result, [], current.label)
}

function skip(step: AnyStep, path: string, state: RunState): void {
  state.note({ event: 'stepFinished', key: `${path}:finished`, ...faceOf(step, path), status: 'skipped' })
  state.finished({ ...step, weight: 0 }, path, undefined, [], undefined)
}

/** The time a builder allows for the whole step, people's answers included. */
async function within<T>(step: AnyStep, work: () => Promise<T>): Promise<T> {
  if (step.timeout === undefined) return work()
  const limit = milliseconds(step.timeout)
  const inner = new CancellationScope()
  const clock = new CancellationScope()
  let late = false
  const ring = () => {
    late = true
    inner.cancel()
  }
  clock.run(() => sleep(limit, { summary: `timeout of ${step.id}` })).then(ring, () => {})
  try {
    return await inner.run(work)
  } catch (error) {
    if (!late || !isCancellation(error)) throw error
    throw fail('TimedOut', `It took longer than ${step.timeout}.`)
  } finally {
    clock.cancel()
  }
}

/** Does what a step's `onError` says: fails the run, goes on without a result, or takes other steps. */
async function recover(
  step: AnyStep,
  current: StepRun,
  { state }: RunContext,
  error: unknown,
): Promise<void> {
  if (isCancellation(error)) throw error
  const fault = faultOf(error)
  current.abandon(fault.code)
  state.note({
    event: 'stepFailed',
    key: `${current.path}:failed`,
    ...faceOf(step, current.path),
    status: 'failed',
    error: fault,
  })
  if (step.onError === undefined || step.onError === 'fail') throw placed(error, step)
  if (typeof step.onError === 'object')
    await current.into('error', step.onError.steps, { bindings: { error: { ...fault } } })
  state.finished(step, current.path, undefined, [], undefined)
}

/** The failure with the step it came from: the innermost one, however many branches it stands in. */
function placed(error: unknown, step: AnyStep) {
  const fault = faultOf(error)
  const isPlaced = kindOf(error)?.details?.some((detail) => isObject(detail) && 'stepId' in detail)
  const message = isPlaced ? fault.message : `Step “${titleOf(step)}” (${step.id}): ${fault.message}`
  return fail(fault.code, message, { details: [{ stepId: step.id }] })
}

const codeOf = (error: unknown) => faultOf(error).code

/** The failure of the whole run: always one of ours, since anything else would stall the workflow task for ever. */
export const asRunFailure = (error: unknown) => fail(codeOf(error), faultOf(error).message)

/** What a failure is called in front of people. */
export function faultOf(error: unknown): { code: ErrorCode; message: string } {
  const known = kindOf(error)
  if (known) return { code: known.code, message: known.message }
  let cause = error
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause
  if (cause instanceof TimeoutFailure)
    return { code: 'TimedOut', message: 'It did not finish in time, also when tried again.' }
  return { code: 'Internal', message: cause instanceof Error ? cause.message : String(cause) }
}
