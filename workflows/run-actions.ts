import { CancellationScope, uuid4 } from '@temporalio/workflow'
import { milliseconds } from '../shared/contract/duration.ts'
import type { Json, JsonObject } from '../shared/contract/json.ts'
import type { ActionOutcome, PendingCall } from '../shared/contract/step-call.ts'
import { bytesOf } from '../shared/temporal/payload-size.ts'
import { callRun } from './call-run.ts'
import { faultOf, isDeclined } from './fault.ts'
import { HandOver } from './hand-over.ts'
import { inTime } from './in-time.ts'
import { lendingPersons } from './lend-person.ts'
import type { StepRun } from './step-run.ts'

/** Bytes of an output that go back to the agent; a model is given no more. The whole of it stands with the action's run. */
const mostGiven = 200_000

/** A call of an action that may be made. */
export type ActionCall = PendingCall & { action: NonNullable<PendingCall['action']> }

/**
 * Runs the actions that an agent called in one answer, side by side, and tells who waits for them. None of them fails the
 * step: the agent hears what came of each, and the conversation goes on.
 */
export async function runActions(calls: ActionCall[], run: StepRun): Promise<ActionOutcome[]> {
  const [first] = calls
  if (!first) return []
  const place = `finished beside ${first.id}`
  // Of an execution before this one, which had to leave others at rest.
  const before = run.kept<JsonObject>(place)
  const outcomes = { ...before } as unknown as Record<string, ActionOutcome>
  if (!before) sayThatTheyRun(calls, run)
  // Now: what the lines below owe is told at their end.
  await run.tell()
  try {
    await run.sideBySide(
      calls.map((call) => async () => {
        outcomes[call.id] ??= await outcomeOf(call, run)
      }),
    )
  } catch (error) {
    if (error instanceof HandOver) run.keep(place, outcomes as unknown as JsonObject)
    throw error
  }
  return calls.map(({ id }) => outcomes[id] as ActionOutcome)
}

function sayThatTheyRun(calls: ActionCall[], run: StepRun): void {
  const said = new Set<string>()
  for (const { id, action } of calls) {
    if (action.message === null || said.has(action.message)) continue
    said.add(action.message)
    run.say('assistant', action.message, { cause: id })
  }
}

async function outcomeOf(call: ActionCall, run: StepRun): Promise<ActionOutcome> {
  const { id, tool, arguments: input, action } = call
  const instanceUuid = await run.once(`action ${id}`, () => uuid4())
  const left = `time of ${id}`
  const begun = { id, tool, arguments: input, instanceUuid, startedAt: new Date().toISOString() }
  try {
    const output = await inTime(
      run.kept<number>(left) ?? milliseconds(action.time),
      {
        summary: 'time of an action',
        message: `It took longer than ${milliseconds(action.time) / 1_000} s and was stopped. Go on without it.`,
      },
      (clock) => {
        const work = () => callRun({ ...called(call, run), instanceUuid }, run)
        if (!run.state.ref.chatSessionId) return work()
        return lendingPersons(instanceUuid, run, clock, work).catch((error) => {
          if (error instanceof HandOver) run.keep(left, clock.left())
          throw error
        })
      },
    )
    return { ...begun, ...given(output) }
  } catch (error) {
    if (error instanceof HandOver || CancellationScope.current().consideredCancelled || isDeclined(error))
      throw error
    return { ...begun, error: faultOf(error) }
  }
}

/** It sees the variables of the conversation, which are not the agent's to give. */
const called = ({ action, arguments: input }: ActionCall, { state, path }: StepRun) =>
  ({
    kind: 'action',
    workflowId: action.workflowId,
    input,
    variables: state.variables,
    summary: `action of ${path}`,
  }) as const

const given = (output: Json): Pick<ActionOutcome, 'output' | 'truncated'> =>
  bytesOf(output) <= mostGiven
    ? { output }
    : { output: JSON.stringify(output).slice(0, mostGiven / 4), truncated: true }
