import { count } from '../../shared/contract/budget.ts'
import type { JsonObject } from '../../shared/contract/json.ts'
import type { SetVariables } from '../../shared/contract/steps/set.ts'
import { bytesOf, mustFit } from '../../shared/temporal/payload-size.ts'
import type { Runner } from './runner.ts'

export const runSet: Runner<SetVariables> = async (step, run) => {
  const values = run.render<JsonObject>(step.variables as JsonObject)
  const all = { ...run.state.variables, ...values }
  mustFit(all, 'The variables have', 'put what is large into files')
  count(bytesOf(all) / 4)
  run.setVariables(values)
  return undefined
}
