import type { StartBody, Started } from '../../shared/contract/api/runs.ts'
import { type Caller, personOf } from '../../shared/contract/api/scope.ts'
import type { Definition } from '../../shared/contract/definition.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { schemaProblems } from '../../shared/contract/json-schema.ts'
import { runWorkflowId } from '../../shared/temporal/names.ts'
import { idFrom } from '../../storage/id-from.ts'
import { addRun, type NewRun } from '../../storage/sql/add-run.ts'
import type { Transaction } from '../../storage/sql/database.ts'
import { findStartable } from '../../storage/sql/find-startable.ts'
import { addSecureValues } from '../../storage/sql/secure-values.ts'
import type { Deps } from '../deps.ts'
import type { Try } from '../once.ts'
import { sealMetadata } from '../secure/seal-metadata.ts'
import { dispatch } from './dispatch.ts'
import { withKnownFiles } from './known-files.ts'

/**
 * Accepts a run: its row and the answer are kept in one transaction, then Temporal is asked with the same id. Where
 * Temporal does not answer, the run is accepted all the same, and the sweeper of the workers repeats the start. `record`
 * writes what else is to be known of it, with its row.
 * @throws Refusal for what the caller may not start, or not with this input
 */
export async function startRun(
  deps: Deps,
  caller: Caller,
  workflowId: string,
  body: StartBody,
  one: Try,
  record: (tx: Transaction, run: NewRun) => Promise<void> = async () => {},
): Promise<Started> {
  const { version, definition } = await startable(deps, caller, workflowId)
  const startOrder = await withKnownFiles(deps.db, caller, {
    input: body.input ?? {},
    ...(body.variables ? { variables: body.variables } : {}),
  })
  checkInput(definition, startOrder.input)
  const instanceUuid = idFrom(`${one.seed}:instance`)
  const { handles, values } = await sealMetadata(deps, caller, body.secureMetadata, one)
  const run: NewRun = {
    instanceUuid,
    workspaceId: caller.workspaceId,
    appId: caller.appId,
    workflowId,
    version,
    workflowName: definition.name,
    startedBy: personOf(caller),
    startOrder: { ...startOrder, ...(handles ? { secureMetadata: handles } : {}) },
    temporalWorkflowId: runWorkflowId(caller.workspaceId, instanceUuid),
  }
  const started: Started = { instanceUuid, workflowId, version, status: 'running' }
  await deps.db.transaction(async (tx) => {
    await addRun(tx, run)
    await addSecureValues(tx, { ...run, ownerId: instanceUuid }, values)
    await record(tx, run)
    await one.keep(tx, { status: 202, body: { ...started } })
  })
  await dispatch(deps, caller, run)
  return started
}

/** The newest version of a workflow that the caller may start as a run. @throws Refusal */
export async function startable(
  deps: Deps,
  caller: Caller,
  workflowId: string,
): Promise<{ version: number; definition: Definition }> {
  const found = await findStartable(deps.db, caller, workflowId)
  if (!found) throw new Refusal('NotFound', 'there is no such workflow')
  if (found.type === 'chat_driven')
    throw new Refusal(
      'WrongWorkflowType',
      'this workflow is chat-driven: it is started by a chat message, not as a run',
    )
  if (!found.published)
    throw new Refusal('Conflict', 'this workflow has no published version yet: publish it first')
  if (!found.published.available) throw new Refusal('Forbidden', 'this workflow is not available to you')
  return found.published
}

/** @throws Refusal `InvalidInput`, naming each place that does not fit */
export function checkInput(definition: Definition, input: NewRun['startOrder']['input']): void {
  const schema = definition.type === 'output_focused' ? definition.input : undefined
  const problems = schema ? schemaProblems(schema, input ?? {}) : []
  if (problems.length === 0) return
  const prefixed = problems.map(({ path, message }) => ({ path: path ? `input.${path}` : 'input', message }))
  const [first] = prefixed
  throw new Refusal('InvalidInput', `${first?.path}: ${first?.message}`, { problems: prefixed })
}
