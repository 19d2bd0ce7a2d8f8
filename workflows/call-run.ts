import { ChildWorkflowCancellationType, executeChild, ParentClosePolicy } from '@temporalio/workflow'
import { count } from '../shared/contract/budget.ts'
import { isObject, type Json, type JsonObject } from '../shared/contract/json.ts'
import type { RunInput } from '../shared/contract/messages.ts'
import { fail, kindOf } from '../shared/temporal/failure.ts'
import { runWorkflowId } from '../shared/temporal/names.ts'
import { bytesOf } from '../shared/temporal/payload-size.ts'
import { costOfBytes, isOutOfBreath, nextTask } from './breath.ts'
import { HandOver } from './hand-over.ts'
import type { StepRun } from './step-run.ts'

/** Calls inside calls. A workflow that calls itself without an end is stopped here. */
const deepest = 10

/** Another workflow of the app, as a step calls it. */
interface RunCall {
  kind: 'subworkflow' | 'action'
  workflowId: string
  instanceUuid: string
  input: Json
  variables?: Record<string, Json>
  /** For operators: ids only. */
  summary: string
}

/** What a run that was called gives to its caller; `rested`, with what it goes on when it is called again. */
type Called = { output: Json; callsLeft: number } | { rested: JsonObject }

/**
 * Runs another workflow as a child, in its newest published version. Gives its output.
 * @throws InvalidDefinition when calls lie too deep, TooLarge when there are too many; what the run failed with; HandOver
 * when it has come to rest, and is to be called again in the next execution
 */
export async function callRun(
  { kind, workflowId, instanceUuid, input, variables, summary }: RunCall,
  run: StepRun,
): Promise<Json> {
  const { state } = run
  const { workspaceId, appId, startedBy, instanceUuid: caller, depth = 0, budgets = [], secure } = state.ref
  const workflows = [...new Set([...(state.ref.callers ?? []), state.ref.workflowId])]
  if (depth >= deepest)
    throw fail(
      'InvalidDefinition',
      `Workflows may call each other ${deepest} deep: does this one call itself?`,
    )
  const place = `rested ${instanceUuid}`
  const rested = run.kept<JsonObject>(place)
  // One that rests has its calls already.
  const calls = rested ? 0 : state.lendCalls()
  const order: RunInput = {
    workspaceId,
    appId,
    workflowId,
    instanceUuid,
    input,
    ...(variables ? { variables } : {}),
    ...(startedBy ? { startedBy } : {}),
    ...(secure ? { secureMetadata: secure } : {}),
    parent: { instanceUuid: caller, kind, path: run.path, depth: depth + 1, calls, workflows, budgets },
  }
  await run.tell()
  while (isOutOfBreath()) await nextTask()
  count(costOfBytes(bytesOf(order)))
  try {
    const called = await executeChild<(given: RunInput) => Promise<Called>>('run', {
      workflowId: runWorkflowId(workspaceId, instanceUuid),
      args: [{ ...order, ...rested }],
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      // A run that was terminated leaves no orphan: its children end cleanly, and their people are told.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: summary,
    })
    if ('rested' in called) {
      run.keep(place, called.rested)
      run.hold(called.rested)
      throw new HandOver()
    }
    state.calls.left += called.callsLeft
    return called.output
  } catch (error) {
    if (error instanceof HandOver) throw error
    state.calls.left += leftAfter(error)
    throw error
  }
}

/** What a call that failed has not used; nothing when that is not known. */
function leftAfter(error: unknown): number {
  const [told] = kindOf(error)?.details ?? []
  return isObject(told) && typeof told.callsLeft === 'number' ? told.callsLeft : 0
}
