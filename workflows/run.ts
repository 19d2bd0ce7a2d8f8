import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import { parametersOf } from '../shared/contract/action.ts'
import type { Definition } from '../shared/contract/definition.ts'
import { isObject, type Json } from '../shared/contract/json.ts'
import { schemaProblems } from '../shared/contract/json-schema.ts'
import { RunInput } from '../shared/contract/messages.ts'
import type { PinnedDefinition } from '../shared/contract/pinned-definition.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import { budgetsOf } from '../shared/contract/spending.ts'
import { fail } from '../shared/temporal/failure.ts'
import { loadDefinition, readGiven } from './activities.ts'
import { Desk, type DeskSnapshot } from './desk.ts'
import { createRelay, HandOver } from './hand-over.ts'
import { asRunFailure } from './interpreter.ts'
import { Ledger } from './ledger.ts'
import { answer, budgetRaised, decide, personLeft, progress, rest, state as snapshot } from './messages.ts'
import { announce, createSign, progressOf } from './operators.ts'
import { pass } from './pass.ts'
import { receive } from './receive.ts'
import { RunState } from './run-state.ts'
import type { StateSnapshot } from './state-snapshot.ts'

const now = () => new Date().toISOString()

/** What an execution that grew too long leaves to the next one of the same run. */
interface HandedOver {
  state: StateSnapshot
  desk: DeskSnapshot
  timeZone: string
}

/** With what it goes on: as itself, or called again by who has it at rest. */
type NextExecution = Pick<RunInput, 'version'> & { from: HandedOver }

/**
 * One pass of an output-focused definition: asks, drafts, waits for approvals, delivers, and gives the output. Called by
 * another run, it says with it how many calls are left.
 */
export async function run(given: unknown): Promise<Json> {
  const from = isObject(given) ? (given.from as HandedOver | undefined) : undefined
  let timeZone = from?.timeZone ?? 'UTC'
  let state: RunState | undefined
  const relay = createRelay()
  const desk = new Desk(now, () => timeZone)
  if (from) desk.layOut(from.desk)
  const doors = receive(desk, relay.countUpdate)
  setHandler(answer.update, doors.answer.update, { validator: doors.answer.validate })
  setHandler(answer.signal, doors.answer.signal)
  setHandler(decide.update, doors.decide.update, { validator: doors.decide.validate })
  setHandler(decide.signal, doors.decide.signal)
  setHandler(budgetRaised, () => desk.hearOfRaise())
  setHandler(personLeft, (left) => desk.hearOfPerson(left))
  let isResting = false
  setHandler(rest, () => {
    isResting = true
    relay.rest()
  })
  setHandler(progress, () => progressOf(state, desk.open.values()))
  setHandler(snapshot, () => ({
    instances: state
      ? [{ instanceUuid: state.ref.instanceUuid, status: state.view.status, percent: state.view.percent }]
      : [],
    requests: [...desk.open.values()],
    variables: state?.variables ?? {},
  }))

  const input = readInput(given)
  // Also for a run that was cancelled before its first task: people are told of its end all the same.
  const pinned = await CancellationScope.nonCancellable(() =>
    loadDefinition({ ...input, isDraft: input.isTest, ...(from ? { isUnderWay: true } : {}) }),
  )
  timeZone = from?.timeZone ?? pinned.settings.timeZone
  const ref = refOf(input, pinned)
  const { resume } = input
  const before =
    resume && !from
      ? await CancellationScope.nonCancellable(() => readGiven({ run: ref, resume }))
      : undefined
  if (resume?.kind === 'rewind' && before?.askedAt) {
    const { kind: _, of: __, requestId: ___, ...anew } = resume
    desk.answerAhead(before.askedAt, anew)
  }
  const begun = new RunState(
    ref,
    pinned.definition ?? nothing,
    {
      roots: { input: input.input ?? {} },
      variables: input.variables ?? {},
      calls: input.parent?.calls,
      given: before,
      from: from?.state,
    },
    now,
  )
  state = begun
  const ledger = new Ledger()
  const sign = createSign()
  announce(ref)
  if (!from)
    begun.note(
      {
        event: 'instanceStarted',
        key: begun.keyed('run', 'started'),
        ...(ref.retry ? { retry: ref.retry } : {}),
        title: ref.workflowName,
        status: 'running',
        input: input.input ?? {},
      },
      ledger,
    )
  const context = {
    state: begun,
    desk,
    ledger,
    relay,
    timeZone,
    describe: () => sign(begun, desk.open.values()),
  }
  try {
    const { status, error } = await pass(context, () => startable(pinned, input).steps)
    const callsLeft = begun.calls.left
    if (status === 'completed') return input.parent ? { output: begun.output, callsLeft } : begun.output
    throw isCancellation(error) ? error : asRunFailure(error, { callsLeft })
  } catch (error) {
    if (error instanceof HandOver) return goOn(input, begun)
    throw error
  }

  /** What came while the journal was written lies on the desk, and goes along. */
  async function goOn(order: RunInput, current: RunState): Promise<Json> {
    await condition(allHandlersFinished)
    const next: NextExecution = {
      // The draft has no version of its own.
      ...(order.isTest ? {} : { version: current.ref.version }),
      from: { state: current.snapshot, desk: desk.snapshot, timeZone },
    }
    if (isResting) return { rested: next as unknown as Json }
    return continueAsNew<(again: RunInput & NextExecution) => Promise<never>>({ ...order, ...next })
  }
}

/** Stands in where the definition cannot be had: the run then fails with the reason. */
const nothing: Definition = { type: 'output_focused', name: '', steps: [] }

function readInput(given: unknown): RunInput {
  const parsed = RunInput.safeParse(given)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) =>
    issue.message === 'Invalid UUID'
      ? `Invalid UUID string: ${String(at(given, issue.path))}`
      : `${issue.path.join('.') || 'input'}: ${issue.message}`,
  )
  throw fail('InvalidInput', problems.join('; '))
}

const at = (value: unknown, path: PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  )

function refOf(input: RunInput, pinned: PinnedDefinition): RunRef {
  const { workflowId, runId } = workflowInfo()
  return {
    workspaceId: input.workspaceId,
    appId: input.appId,
    workflowId: input.workflowId,
    version: pinned.version,
    workflowName: pinned.definition?.name ?? '',
    instanceUuid: input.instanceUuid,
    kind: input.parent ? (input.parent.kind ?? 'subworkflow') : input.isTest ? 'test' : 'run',
    ...(input.parent ? { parentInstanceUuid: input.parent.instanceUuid, depth: input.parent.depth } : {}),
    ...(input.parent?.path ? { parentPath: input.parent.path } : {}),
    ...(input.parent?.workflows ? { callers: input.parent.workflows } : {}),
    ...(input.resume?.kind === 'retry' ? { retry: input.resume.times } : {}),
    temporalWorkflowId: workflowId,
    temporalRunId: runId,
    ...(input.startedBy ? { startedBy: input.startedBy } : {}),
    ...(input.secureMetadata ? { secure: input.secureMetadata } : {}),
    budgets: budgetsOf(pinned.definition ?? {}, input, input.parent?.budgets),
  }
}

/** The definition, when it can be run with this input. */
function startable(pinned: PinnedDefinition, { input = {}, parent }: RunInput): Definition {
  const { definition } = pinned
  if (!definition) throw fail(pinned.code ?? 'NotFound', pinned.reason ?? 'The workflow is not published.')
  if (definition.type !== 'output_focused')
    throw fail(
      'WrongWorkflowType',
      `“${definition.name}” is chat-driven: it is started by a chat message, not as a run.`,
    )
  if (parent?.kind === 'action' && !definition.action)
    throw fail('NotFound', `“${definition.name}” is no action any more.`)
  const problems = [
    ...(definition.input ? schemaProblems(definition.input, input) : []),
    // Its newest version may have other variables than the one that the agent was told of.
    ...(parent?.kind === 'action' && definition.action
      ? schemaProblems(parametersOf(definition.action), input)
      : []),
  ]
  if (problems.length > 0)
    throw fail(
      'InvalidInput',
      `The input does not fit: ${problems.map(({ path, message }) => `${path ? `${path} ` : ''}${message}`).join('; ')}`,
    )
  return definition
}
