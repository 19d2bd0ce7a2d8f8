import { setTimeout as pause } from 'node:timers/promises'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { closeRun } from '../../storage/sql/close-run.ts'
import { closeSession } from '../../storage/sql/close-session.ts'
import type { InstanceRow } from '../../storage/sql/find-instance.ts'
import { listOpenSessions } from '../../storage/sql/list-open-sessions.ts'
import type { SessionRow } from '../../storage/sql/lock-session.ts'
import { listOpenRuns } from '../../storage/sql/remove-workflow.ts'
import type { Deps } from '../deps.ts'
import { asRefusal } from '../errors.ts'

const atOnce = 20

/**
 * Ends the runs and conversations of a workflow that are open now, and gives their number. Those that have not ended
 * after `patience` milliseconds are terminated. Where Temporal does not answer it can be repeated.
 * @throws Refusal `Unavailable`
 */
export async function endOpen(
  deps: Deps,
  caller: Caller,
  workflowId: string,
  reason: 'deactivated' | 'deleted',
  patience: number,
): Promise<number> {
  const { db } = deps
  const engine = deps.engine(caller)
  const [firstRuns, firstSessions] = await Promise.all([
    listOpenRuns(db, caller, workflowId),
    listOpenSessions(db, caller, workflowId),
  ])
  // What begins meanwhile is not meant: those who ended something may begin anew.
  const isMeant = new Set([
    ...firstRuns.map(({ instanceUuid }) => instanceUuid),
    ...firstSessions.map(({ chatSessionId }) => chatSessionId),
  ])
  const runs = async () =>
    (await listOpenRuns(db, caller, workflowId)).filter(({ instanceUuid }) => isMeant.has(instanceUuid))
  const sessions = async () =>
    (await listOpenSessions(db, caller, workflowId)).filter(({ chatSessionId }) => isMeant.has(chatSessionId))
  await Promise.all([
    each(firstRuns, async (run) => {
      if (!(await closeRun(db, run, { onlyUndispatched: true })))
        await unlessGone(engine.cancel(run.instanceUuid))
    }),
    each(firstSessions, ({ chatSessionId }) => unlessGone(engine.endSession(chatSessionId, reason))),
  ])
  for (const until = Date.now() + patience; Date.now() < until; await pause(250))
    if ((await runs()).length + (await sessions()).length === 0) break
  // Terminating runs no code, so what the workflow would have written is written here.
  await each(await runs(), async (run) => {
    await unlessGone(engine.terminate(run.temporalWorkflowId))
    await closeRun(db, run)
  })
  await each(await sessions(), async (session: SessionRow) => {
    await unlessGone(engine.terminate(session.temporalWorkflowId))
    await closeSession(db, session, reason)
  })
  return isMeant.size
}

/** What ended in the meantime needs nothing more. */
const unlessGone = (call: Promise<void>): Promise<void> =>
  call.catch((error: unknown) => {
    if (asRefusal(error)?.code !== 'NotRunning') throw error
  })

async function each<Row extends InstanceRow | SessionRow>(
  rows: Row[],
  act: (row: Row) => Promise<unknown>,
): Promise<void> {
  for (let at = 0; at < rows.length; at += atOnce) await Promise.all(rows.slice(at, at + atOnce).map(act))
}
