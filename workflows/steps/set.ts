import type { JsonObject } from '../../shared/contract/json.ts'
import type { SetVariables } from '../../shared/contract/steps/set.ts'
import type { Runner } from './runner.ts'

export const runSet: Runner<SetVariables> = async (step, run) => {
  const values = run.render<JsonObject>(step.variables as JsonObject)
  run.setVariables(values)
  return undefined
}
