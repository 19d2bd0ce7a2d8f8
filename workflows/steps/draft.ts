import type { Draft } from '../../shared/contract/steps/draft.ts'
import { model } from '../activities.ts'
import type { Runner } from './runner.ts'

export const runDraft: Runner<Draft> = async (step, run) =>
  (await run.perform(model(step).generateText)).value
