import { CancellationScope } from '@temporalio/workflow'
import { count } from '../shared/contract/budget.ts'
import { keyOf } from '../shared/contract/check-definition.ts'
import { milliseconds } from '../shared/contract/duration.ts'
import type { ErrorCode } from '../shared/contract/errors.ts'
import { isObject, type Json, type JsonObject } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { stepKindOf } from '../shared/contract/steps/index.ts'
import { fail, kindOf } from '../shared/temporal/failure.ts'
import { isOutOfBreath, nextTask, stopWhenCancelled } from './breath.ts'
import { faultOf, isDeclined } from './fault.ts'
import { flush } from './flush.ts'
import { HandOver } from './hand-over.ts'
import { inTime } from './in-time.ts'
import { restore } from './restore.ts'
import type { RunState } from './run-state.ts'
import type { Kept } from './state-snapshot.ts'
import type { RunContext } from './step-context.ts'
import { beginningOf, faceOf, titleOf } from './step-face.ts'
import { countStep } from './step-metrics.ts'
import { StepRun } from './step-run.ts'
import { runnerOf } from './steps/index.ts'
import { tailBefore } from './tail.ts'

/**
 * Entries that steps without an activity may owe. Telling them lets other runs have their turn, and this one be
 * cancelled or handed over: a loop of nothing but `set` would hold the thread until its task timed out.
 */
const mostOwed = 300

/** What a step takes beside its expressions, in their units. */
const costOfStep = 500

/**
 * Walks a list of steps in order: take the step, journal it, run it, remember its result and that its path is done. It
 * knows no step type. Steps that are done are passed by, so the same walk resumes a run from wherever it stood. Gives
 * the last result.
 */
export async function walk(
  steps: AnyStep[],
  at: string,
  run: RunContext,
  bindings: Record<string, Json> = {},
): Promise<Kept | undefined> {
  const { state, relay, frames } = run
  for (const [index, step] of steps.entries()) {
    if (state.ended) break
    const path = at ? `${at}.${step.id}` : step.id
    if (state.isDone(path)) continue
    while (isOutOfBreath()) await nextTask()
    // A cancel that comes when everything is done has come too late: a reply that people have stays theirs.
    if (!isOver(step, state)) stopWhenCancelled()
    count(costOfStep)
    if (run.ledger.length > mostOwed) await flush(state, run.ledger)
    if (relay.due) throw new HandOver()
    const tail = tailBefore(steps[index + 1], at, run.tail)
    const current = new StepRun({ ...run, tail }, step, path, bindings)
    if (run.isRestoring && !state.givenOf(path)) continue
    try {
      if (state.givenOf(path) && (await restore(step, current, run))) continue
      const isTaken = state.isBegun(path) || step.when === undefined || current.render(step.when) === true
      if (isTaken) await take(step, current, state)
      else skip(step, current, state)
    } catch (error) {
      await recover(step, current, run, error)
    }
  }
  return lastResult(steps, state, frames)
}

/** Whether nothing is left to do but to end. Beside other lines it is not for one of them to say. */
const isOver = ({ type }: AnyStep, { lines }: RunState) => stepKindOf(type)?.ends === true && lines === 0

function lastResult(steps: AnyStep[], state: RunState, frames: readonly string[]): Kept | undefined {
  for (const step of [...steps].reverse()) {
    const result = state.resultOf(keyOf(step), frames.slice(0, 1))
    if (result) return result
  }
  return undefined
}

async function take(step: AnyStep, current: StepRun, state: RunState): Promise<void> {
  const { path } = current
  const isNew = !state.isBegun(path)
  const since = new Date().toISOString()
  if (isNew) current.note(beginningOf(step, path, state.keyed(path, 'started')))
  state.memo(path)
  const before = current.kept<{ code: ErrorCode; message: string }>('fault')
  // It had failed, and was at its `onError` when the run was handed over.
  if (before) throw fail(before.code, before.message)
  const result = await within(step, current, () => runnerOf(step.type)(step, current))
  const value = current.carried ? current.carried.value : result
  if (!current.carried && !state.givenOf(path))
    for (const { at: _, ...entry } of state.finishing(step, path, result)) current.note(entry)
  if (value !== undefined) current.remember(value)
  state.finished(step, path)
  countStep(step, 'completed', isNew ? since : undefined)
}

function skip(step: AnyStep, current: StepRun, state: RunState): void {
  const { path } = current
  current.note({
    event: 'stepFinished',
    key: state.keyed(path, 'finished'),
    ...faceOf(step, path),
    status: 'skipped',
  })
  state.finished({ ...step, weight: 0 }, path)
  countStep(step, 'skipped', undefined)
}

/** The time a builder allows for the whole step, people's answers included. */
async function within<T>(step: AnyStep, current: StepRun, work: () => Promise<T>): Promise<T> {
  if (step.timeout === undefined) return work()
  const by = await current.deadline('timeout', milliseconds(step.timeout))
  const limit = Math.max(1, Date.parse(by) - Date.now())
  return inTime(
    limit,
    { summary: `timeout of ${step.id}`, message: `It took longer than ${step.timeout}.` },
    work,
  )
}

/**
 * Does what a step's `onError` says: fails the run, goes on without a result, or takes other steps. What breaks in a run
 * that was told to stop (a worker that is gone does not hear of it, and its activity times out) is no failure of its
 * own; an activity or a child that somebody cancelled by itself is one like others.
 */
async function recover(
  step: AnyStep,
  current: StepRun,
  { state }: RunContext,
  error: unknown,
): Promise<void> {
  if (error instanceof HandOver || CancellationScope.current().consideredCancelled || isDeclined(error))
    throw error
  const fault = faultOf(error)
  if (current.kept('fault') === undefined && state.givenOf(current.path)?.status !== 'failed') {
    current.abandon(fault.code)
    current.note({
      event: 'stepFailed',
      key: state.keyed(current.path, 'failed'),
      ...faceOf(step, current.path),
      status: 'failed',
      error: fault,
    })
    countStep(step, 'failed', undefined)
  }
  if (step.onError === undefined || step.onError === 'fail') throw placed(error, step)
  current.keep('fault', fault)
  if (typeof step.onError === 'object') await current.intoRecovery(step.onError.steps, { ...fault })
  state.finished(step, current.path)
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
export const asRunFailure = (error: unknown, details?: JsonObject) =>
  fail(codeOf(error), faultOf(error).message, details ? { details: [details] } : {})
