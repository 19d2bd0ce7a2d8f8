import type { Notify } from '../../shared/contract/steps/notify.ts'
import { delivery } from '../activities.ts'
import type { Runner } from './runner.ts'

export const runNotify: Runner<Notify> = async (step, run) => {
  await run.perform(delivery(step).sendNotice)
  return undefined
}
