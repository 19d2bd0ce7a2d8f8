import { CancellationScope, condition, getExternalWorkflowHandle, isCancellation } from '@temporalio/workflow'
import type { AskForPerson, PersonLeft } from '../shared/contract/handoff.ts'
import { runWorkflowId } from '../shared/temporal/names.ts'
import { faultOf } from './fault.ts'
import { HandOver } from './hand-over.ts'
import type { Clock } from './in-time.ts'
import { personLeft, rest } from './messages.ts'
import type { StepRun } from './step-run.ts'
import { sendAway, withPerson } from './with-person.ts'

/**
 * Runs an action, and hands the conversation to a person whenever it asks for one. Its clock stands still meanwhile:
 * people take their time. Where the conversation has to go on in a new execution, the action comes to rest before it.
 * @throws HandOver, and what `work` throws
 */
export async function lendingPersons<T>(
  instanceUuid: string,
  run: StepRun,
  clock: Clock,
  work: () => Promise<T>,
): Promise<T> {
  const { lending } = run.desk
  const action = getExternalWorkflowHandle(runWorkflowId(run.state.ref.workspaceId, instanceUuid))
  const hosting = new CancellationScope()
  lending.admit(instanceUuid)
  const working = work()
  const hosted = hosting.run(async (): Promise<never> => {
    for (;;) {
      await condition(() => lending.hasAsked(instanceUuid))
      // Also while others have the person: that is people's time, too.
      clock.stop()
      const itsTurn = () => lending.nextOf(instanceUuid)
      await condition(() => itsTurn() !== undefined || !lending.hasAsked(instanceUuid) || run.isDue)
      const ask = itsTurn()
      if (ask) {
        const left = await host(ask, run)
        if (left) await action.signal(personLeft, left)
        lending.done(ask)
      } else if (lending.hasAsked(instanceUuid)) throw new HandOver()
      clock.goOn()
    }
  })
  let isResting = false
  try {
    return await Promise.race([working, hosted]).catch(async (error) => {
      if (!(error instanceof HandOver)) throw error
      // It comes to rest, or to its end, where that came first.
      await action.signal(rest).catch(() => {})
      return working.catch((end) => {
        isResting = end instanceof HandOver
        throw end
      })
    })
  } finally {
    hosting.cancel()
    await Promise.allSettled([working, hosted])
    // What it asks for goes along with one that rests.
    if (!isResting) {
      if (lending.nextOf(instanceUuid)) sendAway(run)
      lending.dismiss(instanceUuid)
    }
  }
}

/** Gives what the action is told; nothing where it does not want the person any more. */
async function host(ask: AskForPerson, run: StepRun): Promise<PersonLeft | undefined> {
  const { lending } = run.desk
  const { instanceUuid, path, team, text, note, within } = ask
  const name = `${instanceUuid} ${path}`
  const visit = new CancellationScope()
  const withdrawal = new CancellationScope()
  withdrawal
    .run(() => condition(() => !lending.isWanted(ask)))
    .then(
      () => visit.cancel(),
      () => {},
    )
  try {
    return await visit.run(async () => {
      const deadline = within === undefined ? undefined : await run.deadline(`deadline ${name}`, within)
      const { requestId, returned } = await withPerson({ name, team, question: text, note, deadline }, run)
      // Before the action goes on: it reads what was said.
      await run.tell()
      const turn = run.state.ref.instanceUuid
      if (!returned) return { path, requestId, turn }
      const { by, note: said } = returned
      return { path, requestId, turn, by: by.userId, ...(said ? { note: said } : {}) }
    })
  } catch (error) {
    if (error instanceof HandOver) throw error
    sendAway(run)
    if (CancellationScope.current().consideredCancelled) throw error
    return isCancellation(error) ? undefined : { path, error: faultOf(error) }
  } finally {
    withdrawal.cancel()
  }
}
