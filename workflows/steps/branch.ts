import type { Branch } from '../../shared/contract/steps/branch.ts'
import type { Runner } from './runner.ts'

export const runBranch: Runner<Branch> = async (step, run) => {
  const index = await run.once('case', () => step.cases.findIndex((one) => run.render(one.when) === true))
  const taken = step.cases[index]
  if (taken) await run.into(`case${index}`, taken.steps, { last: {} })
  else await run.into('otherwise', step.otherwise ?? [], { last: {} })
  return undefined
}
