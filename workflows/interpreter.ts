import { isCancellation } from '@temporalio/workflow'
import type { Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { renderTemplate } from '../shared/contract/template.ts'
import { fail, kindOf } from '../shared/temporal/failure.ts'
import { faceOf, titleOf } from './run-state.ts'
import { type RunContext, StepRun } from './step-run.ts'
import { runnerOf } from './steps/index.ts'

/**
 * Walks a list of steps in order: take the step, journal it, run it, remember its result under its path. It knows no
 * step type. Steps that are done are passed by, so the same walk resumes a run from wherever it stood.
 */
export async function walk(steps: AnyStep[], at: string, run: RunContext, bindings: Record<string, Json> = {}): Promise<void> {
  for (const step of steps) {
    const { state } = run
    if (state.ended) return
    const path = at ? `${at}.${step.id}` : step.id
    if (state.isDone(path)) continue
    if (step.when !== undefined && renderTemplate(step.when, state.scope(bindings)) !== true) {
      skip(step, path, run)
      continue
    }
    state.note({ event: 'stepStarted', key: `${path}:started`, ...faceOf(step, path) })
    const current = new StepRun(run, step, path, bindings)
    const result = await attempt(step, current, run, bindings)
    if (current.carried) continue
    const entries = state.finishing(step, path, result)
    for (const { at: _, ...entry } of entries) state.note(entry)
    state.finished(step, path, result, [], current.label)
  }
}

function skip(step: AnyStep, path: string, { state }: RunContext): void {
  state.note({ event: 'stepFinished', key: `${path}:finished`, ...faceOf(step, path), status: 'skipped' })
  state.finished({ ...step, weight: 0 }, path, undefined, [], undefined)
}

/** Runs a step, and when it fails does what its `onError` says. */
async function attempt(step: AnyStep, current: StepRun, run: RunContext, bindings: Record<string, Json>): Promise<Json | undefined> {
  try {
    return await runnerOf(step.type)(step, current)
  } catch (error) {
    if (isCancellation(error)) throw error
    const fault = faultOf(error)
    run.state.note({ event: 'stepFailed', key: `${current.path}:failed`, ...faceOf(step, current.path), status: 'failed', error: fault })
    if (step.onError === undefined || step.onError === 'fail') throw fail(codeOf(error), `Step “${titleOf(step)}” (${step.id}): ${fault.message}`)
    if (typeof step.onError === 'object') await walk(step.onError.steps, current.path, run, { ...bindings, error: { ...fault } })
    return undefined
  }
}

const codeOf = (error: unknown) => kindOf(error)?.code ?? 'Internal'

/** The failure of the whole run: always one of ours, since anything else would stall the workflow task for ever. */
export const asRunFailure = (error: unknown) => fail(codeOf(error), faultOf(error).message)

/** What a failure is called in front of people. */
export function faultOf(error: unknown): { code: string; message: string } {
  const known = kindOf(error)
  if (known) return { code: known.code, message: known.message }
  let cause = error
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause
  return { code: 'Internal', message: cause instanceof Error ? cause.message : String(cause) }
}
