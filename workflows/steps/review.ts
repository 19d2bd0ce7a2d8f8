import type { Review } from '../../shared/contract/steps/review.ts'
import { model } from '../activities.ts'
import type { Runner } from './runner.ts'

export const runReview: Runner<Review> = async (step, run) => {
  const { onFail } = step
  const { value } = await run.perform(model(step).reviewText, { last: onFail === undefined })
  if (onFail && !value.passed) {
    run.remember(value)
    await run.into('fail', onFail.steps)
  }
  return value
}
