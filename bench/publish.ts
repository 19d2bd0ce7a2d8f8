import { randomUUID } from 'node:crypto'
import type { ParleyHttp } from '../client/http.ts'
import { embedded } from '../shared/contract/api/embedded.ts'
import type { Caller } from '../shared/contract/api/scope.ts'
import type { Definition } from '../shared/contract/definition.ts'
import type { Database } from '../storage/sql/database.ts'
import { ensureWorkspace } from '../storage/sql/ensure-workspace.ts'
import { publishVersion } from '../storage/sql/publish-version.ts'
import { readAppWorld } from '../storage/sql/read-app-world.ts'
import { addWorkflow, saveDraft } from '../storage/sql/save-draft.ts'

/** Publishes a definition in the embedded workspace, where there is no API to do it. */
export async function publish(
  db: Database,
  definition: { name: string; type: Definition['type'] },
): Promise<string> {
  const { workspaceId, appId, admin } = embedded
  const caller: Caller = { workspaceId, appId, ...admin }
  const workflowId = randomUUID()
  await ensureWorkspace(db)
  await addWorkflow(db, caller, workflowId, { name: definition.name, type: definition.type })
  await saveDraft(db, caller, workflowId, definition, 'any')
  await publishVersion(db, caller, workflowId, await readAppWorld(db, caller))
  return workflowId
}

/** Publishes a definition as a builder does. */
export async function publishOverHttp(
  parley: ParleyHttp,
  definition: { name: string; type: Definition['type'] },
): Promise<string> {
  const { workflowId } = await parley.createWorkflow({ name: definition.name, type: definition.type })
  await parley.saveDraft(workflowId, definition as unknown as Parameters<ParleyHttp['saveDraft']>[1])
  await parley.publish(workflowId)
  return workflowId
}
