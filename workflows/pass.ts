import { CancellationScope, CancelledFailure, isCancellation } from '@temporalio/workflow'
import type { EndStatus, Fault } from '../shared/contract/journal.ts'
import type { Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { faultOf, isDeclined } from './fault.ts'
import { fitResponse } from './fit-response.ts'
import { flush } from './flush.ts'
import { HandOver } from './hand-over.ts'
import { walk } from './interpreter.ts'
import type { Noted } from './noted.ts'
import type { RunState } from './run-state.ts'
import type { RunContext } from './step-context.ts'
import type { Tail } from './tail.ts'

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
  const { state, ledger, desk } = context
  const over = (status: EndStatus, output: Json, error?: Fault): Noted[] => [
    ...(status === 'completed'
      ? [{ event: 'progress', key: state.keyed('run', 'progress'), percent: 100, label: '' } as const]
      : []),
    ...atEnd(status),
    finished(status, output, error, state),
  ]
  const tail: Tail = { isLast: true, toTell: [], over: (output) => over('completed', output) }
  const end = await walked({ ...context, tail }, stepsOf).catch((handOver) => handedOver(context, handOver))
  const error = end.status === 'failed' ? faultOf(end.error) : undefined
  state.noteRefusals(desk.takeRefusals(), ledger)
  for (const entry of over(end.status, end.status === 'completed' ? state.output : null, error))
    state.note(entry, ledger)
  desk.clear()
  context.describe()
  // Its own scope may be cancelled: telling people of the end must happen all the same.
  await CancellationScope.nonCancellable(() => flush(state, ledger))
  return end
}

/**
 * The next execution does not know what is owed, so it is told here. A cancel that comes meanwhile is not handed over:
 * the pass ends with it.
 */
async function handedOver(
  { state, ledger }: Pick<RunContext, 'state' | 'ledger'>,
  handOver: unknown,
): Promise<PassEnd> {
  await CancellationScope.nonCancellable(() => flush(state, ledger))
  if (!CancellationScope.current().consideredCancelled) throw handOver
  return { status: 'cancelled', error: new CancelledFailure('The run was cancelled.') }
}

async function walked(
  context: Omit<RunContext, 'walk' | 'frames'>,
  stepsOf: () => AnyStep[],
): Promise<PassEnd> {
  try {
    await walk(stepsOf(), '', { ...context, frames: [''], walk })
    fitResponse(context.state, context.state.output)
    return { status: 'completed' }
  } catch (error) {
    if (error instanceof HandOver) throw error
    if (context.state.isClosed) return { status: 'completed' }
    if (isCancellation(error) || isDeclined(error)) return { status: 'cancelled', error }
    return CancellationScope.current().consideredCancelled
      ? { status: 'cancelled', error: new CancelledFailure('The run was cancelled.') }
      : { status: 'failed', error }
  }
}

const finished = (status: EndStatus, output: Json, error: Fault | undefined, state: RunState): Noted => ({
  event: 'instanceFinished',
  key: state.keyed('run', 'finished'),
  status,
  ...(error ? { error } : {}),
  output,
})
