import { type Caller, personOf } from '../../shared/contract/api/scope.ts'
import type { TestBody } from '../../shared/contract/api/workflows.ts'
import { messageIsMandatory } from '../../shared/contract/chat.ts'
import { checkDefinition } from '../../shared/contract/check-definition.ts'
import { type Definition, parseDefinition } from '../../shared/contract/definition.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { runWorkflowId, sessionWorkflowId } from '../../shared/temporal/names.ts'
import { idFrom } from '../../storage/id-from.ts'
import { addRun, type NewRun } from '../../storage/sql/add-run.ts'
import { claimSession } from '../../storage/sql/claim-session.ts'
import { findWorkflow } from '../../storage/sql/list-workflows.ts'
import { readAppWorld } from '../../storage/sql/read-app-world.ts'
import type { Deps } from '../deps.ts'
import type { Try } from '../once.ts'
import { dispatch } from '../runs/dispatch.ts'
import { withKnownFiles } from '../runs/known-files.ts'
import { must } from '../runs/must-read.ts'
import { checkInput } from '../runs/start-run.ts'
import { mustFindSession } from './must-find-session.ts'
import { deliver, withFiles } from './send-message.ts'
import { checkTrigger } from './speakable.ts'

interface Draft {
  workflowId: string
  /** Of the version that it would change; 0 while there is none. */
  version: number
  definition: Definition
}

/**
 * Runs the draft as it stands: an output-focused one as a run, a chat-driven one as the next turn of a conversation of
 * tests. @throws Refusal
 */
export async function testDraft(
  deps: Deps,
  caller: Caller,
  workflowId: string,
  body: TestBody,
  one: Try,
): Promise<{ instanceUuid: string }> {
  const draft = await runnableDraft(deps, caller, workflowId)
  return draft.definition.type === 'chat_driven'
    ? testTurn(deps, caller, draft, body, one)
    : testRun(deps, caller, draft, body, one)
}

/** @throws Refusal `NotPublishable`: what cannot be published cannot run either */
async function runnableDraft(deps: Deps, caller: Caller, workflowId: string): Promise<Draft> {
  const { draft, publishedVersion } = must(await findWorkflow(deps.db, caller, workflowId), 'workflow')
  const parsed = parseDefinition(draft)
  const world = { ...(await readAppWorld(deps.db, caller)), ...deps.providers }
  const problems = parsed.ok ? checkDefinition(parsed.definition, world).errors : parsed.problems
  if (parsed.ok && problems.length === 0)
    return { workflowId, version: publishedVersion ?? 0, definition: parsed.definition }
  throw new Refusal(
    'NotPublishable',
    `${problems.length === 1 ? 'one problem stands' : `${problems.length} problems stand`} in the way: see errors`,
    { problems },
  )
}

async function testTurn(
  deps: Deps,
  caller: Caller,
  { workflowId, version, definition }: Draft,
  { mode = 'text', chatSessionId, userMessage, trigger, uiFlowContext, input }: TestBody,
  one: Try,
): Promise<{ instanceUuid: string }> {
  if (!chatSessionId) throw refused('chatSessionId', 'a test of a conversation needs one: any UUID')
  if (input !== undefined) throw refused('input', 'a conversation has none: send a userMessage')
  if (mode === 'text' && !userMessage?.trim()) throw new Refusal('Invalid', messageIsMandatory)
  if (mode === 'trigger' && !trigger) throw refused('trigger', 'choose one of the triggers of the workflow')
  const spoken = mode === 'text' ? { userMessage } : { trigger }
  checkTrigger(definition, spoken.trigger)
  const message = await withFiles(deps, caller, { ...spoken, ...(uiFlowContext ? { uiFlowContext } : {}) })
  const startedBy = personOf(caller)
  const { workspaceId, appId, userId } = caller
  await claimSession(deps.db, {
    chatSessionId,
    workspaceId,
    appId,
    workflowId,
    version,
    workflowName: definition.name,
    isTest: true,
    startedById: userId,
    startedBy,
    temporalWorkflowId: sessionWorkflowId(workspaceId, chatSessionId),
  })
  const session = await mustFindSession(deps.db, caller, chatSessionId)
  if (!session.isTest || session.workflowId !== workflowId)
    throw new Refusal('Conflict', 'chatSessionId: this is another conversation; take a new id')
  const { taken } = await deliver(deps, caller, session, definition.name, { ...message, by: startedBy }, one)
  return { instanceUuid: taken.instanceUuid }
}

async function testRun(
  deps: Deps,
  caller: Caller,
  { workflowId, version, definition }: Draft,
  { mode, chatSessionId, userMessage, trigger, uiFlowContext, input }: TestBody,
  one: Try,
): Promise<{ instanceUuid: string }> {
  for (const [path, value] of Object.entries({ mode, chatSessionId, userMessage, trigger, uiFlowContext }))
    if (value !== undefined) throw refused(path, 'this workflow is output-focused: send its input')
  const startOrder = await withKnownFiles(deps.db, caller, { input: input ?? {}, isTest: true })
  checkInput(definition, startOrder.input)
  const instanceUuid = idFrom(`${one.seed}:instance`)
  const run: NewRun = {
    instanceUuid,
    workspaceId: caller.workspaceId,
    appId: caller.appId,
    workflowId,
    version,
    workflowName: definition.name,
    startedBy: personOf(caller),
    startOrder,
    temporalWorkflowId: runWorkflowId(caller.workspaceId, instanceUuid),
  }
  await deps.db.transaction(async (tx) => {
    await addRun(tx, run)
    await one.keep(tx, { status: 202, body: { instanceUuid } })
  })
  await dispatch(deps, caller, run)
  return { instanceUuid }
}

const refused = (path: string, message: string) =>
  new Refusal('Invalid', `${path}: ${message}`, { problems: [{ path, message }] })
