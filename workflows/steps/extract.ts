import type { Extract } from '../../shared/contract/steps/extract.ts'
import { model } from '../activities.ts'
import type { Runner } from './runner.ts'

export const runExtract: Runner<Extract> = async (step, run) =>
  (await run.perform(model(step).extractValues)).value
