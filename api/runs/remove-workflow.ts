import { setTimeout as pause } from 'node:timers/promises'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { closeRun } from '../../storage/sql/close-run.ts'
import type { InstanceRow } from '../../storage/sql/find-instance.ts'
import { listOpenRuns, markDeleted } from '../../storage/sql/remove-workflow.ts'
import type { Deps, Engine } from '../deps.ts'
import { asRefusal } from '../errors.ts'

const atOnce = 20

/**
 * Deletes a workflow: nothing starts it any more, and its open runs are cancelled; those that have not ended after
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
  const engine = deps.engine(caller)
  const open = () => listOpenRuns(deps.db, caller, workflowId)
  await each(await open(), async (run) => {
    if (!(await closeRun(deps.db, run, { onlyUndispatched: true })))
      await unlessGone(engine.cancel(run.instanceUuid))
  })
  const until = Date.now() + patience
  while ((await open()).length > 0 && Date.now() < until) await pause(250)
  await each(await open(), (run) => terminate(deps, engine, run))
  return undefined
}

/** Terminating runs no code, so what the workflow would have written is written here. */
async function terminate(deps: Deps, engine: Engine, run: InstanceRow): Promise<void> {
  await unlessGone(engine.terminate(run.temporalWorkflowId))
  await closeRun(deps.db, run)
}

/** A run that ended in the meantime needs nothing more. */
const unlessGone = (call: Promise<void>): Promise<void> =>
  call.catch((error: unknown) => {
    if (asRefusal(error)?.code !== 'NotRunning') throw error
  })

async function each(runs: InstanceRow[], act: (run: InstanceRow) => Promise<void>): Promise<void> {
  for (let at = 0; at < runs.length; at += atOnce) await Promise.all(runs.slice(at, at + atOnce).map(act))
}
