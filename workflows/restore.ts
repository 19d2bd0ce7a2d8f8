import { isErrorCode } from '../shared/contract/errors.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { stepKindOf } from '../shared/contract/steps/index.ts'
import { fail } from '../shared/temporal/failure.ts'
import type { RunContext } from './step-context.ts'
import type { StepRun } from './step-run.ts'

/**
 * Takes a step as an earlier pass left it: its result is there, and nothing of it is done or told again. Steps that only
 * lead to others (a branch, a loop) or set variables are walked as ever, over what is given inside them. False when the
 * step has to run.
 * @throws what the step failed with in the earlier pass, for its `onError`
 */
export async function restore(step: AnyStep, current: StepRun, { state }: RunContext): Promise<boolean> {
  const { path } = current
  const given = state.givenOf(path)
  if (!given) return false
  if (given.status === 'skipped') {
    state.finished({ ...step, weight: 0 }, path)
    return true
  }
  const kind = stepKindOf(step.type)
  if (kind?.flow) return false
  if (given.status === 'failed') {
    const { code = 'Internal', message = '' } = given.error ?? {}
    throw fail(isErrorCode(code) ? code : 'Internal', message)
  }
  if (kind?.gives !== false && given.result !== undefined) current.remember(given.result, given.label)
  await current.restoreArms()
  state.finished(step, path)
  return true
}
