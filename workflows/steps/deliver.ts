import type { Deliver } from '../../shared/contract/steps/deliver.ts'
import { delivery } from '../activities.ts'
import type { Runner } from './runner.ts'

export const runDeliver: Runner<Deliver> = async (step, run) => {
  await run.perform(delivery(step).deliverFiles)
  return undefined
}
