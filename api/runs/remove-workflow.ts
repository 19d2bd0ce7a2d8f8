import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { markDeleted } from '../../storage/sql/remove-workflow.ts'
import type { Deps } from '../deps.ts'
import { endOpen } from './end-open.ts'

/**
 * Deletes a workflow: nothing starts it any more, and its open runs and conversations end; those that have not ended after
 * `patience` milliseconds are terminated. Where Temporal does not answer the deletion can be repeated.
 * @throws Refusal `NotFound`, `Unavailable`
 */
export async function removeWorkflow(
  deps: Deps,
  caller: Caller,
  workflowId: string,
  patience = 10_000,
): Promise<undefined> {
  if (!(await markDeleted(deps.db, caller, workflowId)))
    throw new Refusal('NotFound', 'there is no such workflow')
  await endOpen(deps, caller, workflowId, 'deleted', patience)
  return undefined
}
