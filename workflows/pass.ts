import { CancellationScope, isCancellation } from '@temporalio/workflow'
import type { EndStatus, Fault } from '../shared/contract/journal.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { faultOf } from './fault.ts'
import { fitResponse } from './fit-response.ts'
import { flush } from './flush.ts'
import { HandOver } from './hand-over.ts'
import { walk } from './interpreter.ts'
import type { Noted } from './run-state.ts'
import type { RunContext } from './step-run.ts'

export interface PassEnd {
  status: EndStatus
  /** What it failed with, or the cancel. */
  error?: unknown
}

/**
 * One pass through a definition's steps, whatever its end, with all of it told to readers.
 * @throws HandOver when it has to go on in a new execution
 */
export async function pass(
  context: Omit<RunContext, 'walk' | 'frames'>,
  stepsOf: () => AnyStep[],
  /** What else is told of its end, before the end itself. */
  atEnd: (status: EndStatus) => Noted[] = () => [],
): Promise<PassEnd> {
  const end = await walked(context, stepsOf)
  const { state, ledger, desk } = context
  const error = end.status === 'failed' ? faultOf(end.error) : undefined
  state.noteRefusals(desk.takeRefusals(), ledger)
  if (end.status === 'completed')
    state.note({ event: 'progress', key: state.keyed('run', 'progress'), percent: 100, label: '' }, ledger)
  for (const entry of atEnd(end.status)) state.note(entry, ledger)
  state.note(finished(end.status, error, context), ledger)
  desk.clear()
  context.describe()
  // Its own scope may be cancelled: telling people of the end must happen all the same.
  await CancellationScope.nonCancellable(() => flush(state, ledger))
  return end
}

async function walked(
  context: Omit<RunContext, 'walk' | 'frames'>,
  stepsOf: () => AnyStep[],
): Promise<PassEnd> {
  try {
    await walk(stepsOf(), '', { ...context, frames: [''], walk })
    fitResponse(context.state)
    return { status: 'completed' }
  } catch (error) {
    if (error instanceof HandOver) throw error
    return { status: isCancellation(error) ? 'cancelled' : 'failed', error }
  }
}

const finished = (
  status: EndStatus,
  error: Fault | undefined,
  { state }: Pick<RunContext, 'state'>,
): Noted => ({
  event: 'instanceFinished',
  key: state.keyed('run', 'finished'),
  status,
  ...(error ? { error } : {}),
  output: status === 'completed' ? state.output : null,
})
