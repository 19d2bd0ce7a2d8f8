import { CancellationScope, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow'
import type { AskForPerson } from '../shared/contract/handoff.ts'
import { fail } from '../shared/temporal/failure.ts'
import { isSession } from '../shared/temporal/names.ts'
import { HandOver } from './hand-over.ts'
import { askForPerson } from './messages.ts'
import type { StepRun } from './step-run.ts'

/** A talk with a person, and the turn it took place in. Nobody came where it has no `by`. */
export interface Visit {
  requestId: string
  turn: string
  by?: string | undefined
  note?: string | undefined
}

/**
 * Has the conversation that called this action handed to a person, and waits until they have left, or nobody came.
 * @throws WrongWorkflowType where no conversation called it; what the conversation could not do
 */
export async function borrowPerson(
  words: Omit<AskForPerson, 'instanceUuid' | 'path' | 'withdrawn'>,
  run: StepRun,
): Promise<Visit> {
  const { path, desk } = run
  const { instanceUuid } = run.state.ref
  const caller = callerOf(run)
  const ask: AskForPerson = { ...words, instanceUuid, path }
  try {
    await run.once('asked', async () => {
      await caller.signal(askForPerson, ask)
      return true
    })
    const { requestId, turn, by, note, error } = await run.until(() => desk.personsLeft.get(path))
    desk.personsLeft.delete(path)
    if (error) throw fail(error.code, error.message)
    if (!requestId || !turn) throw fail('Internal', 'a person left without having been there')
    return { requestId, turn, by, note }
  } catch (error) {
    // It waits no longer: nobody need come for it. Where the conversation is over too, there is nobody to tell.
    if (!(error instanceof HandOver))
      await CancellationScope.nonCancellable(() =>
        caller.signal(askForPerson, { ...ask, withdrawn: true }).catch(() => {}),
      )
    throw error
  }
}

/** An agent may call an action from a run, too, and people may start it by itself. */
function callerOf({ state }: StepRun) {
  const { parent } = workflowInfo()
  if (state.ref.kind === 'action' && parent && isSession(parent.workflowId))
    return getExternalWorkflowHandle(parent.workflowId)
  throw fail(
    'WrongWorkflowType',
    'There is no conversation to hand over: this action was not called by one. Have an agent of a chat-driven workflow call it.',
  )
}
