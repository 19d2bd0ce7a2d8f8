import { api } from '../../shared/contract/api/index.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Workflow } from '../../shared/contract/api/workflows.ts'
import type { Json } from '../../shared/contract/json.ts'
import { idFrom } from '../../storage/id-from.ts'
import { findWorkflow, listWorkflows } from '../../storage/sql/list-workflows.ts'
import { findVersion, listVersions, publishVersion } from '../../storage/sql/publish-version.ts'
import { readAppWorld } from '../../storage/sql/read-app-world.ts'
import { addWorkflow, saveDraft, saveStep } from '../../storage/sql/save-draft.ts'
import type { Binder } from '../bind.ts'
import { testDraft } from '../chat/test-draft.ts'
import type { Deps } from '../deps.ts'
import { ifMatchOf } from '../if-match.ts'
import { endOpen } from '../runs/end-open.ts'
import { must } from '../runs/must-read.ts'
import { removeWorkflow } from '../runs/remove-workflow.ts'

export function bindWorkflows(bind: Binder, deps: Deps): void {
  const { db } = deps
  const show = async (caller: Caller, workflowId: string): Promise<Workflow> =>
    must(await findWorkflow(db, caller, workflowId), 'workflow')

  bind(api.workflows.list, ({ caller, query }) => listWorkflows(db, caller, query))
  bind(api.workflows.create, async ({ caller, body, one }) => {
    const workflowId = idFrom(`${one.seed}:workflow`)
    await addWorkflow(db, caller, workflowId, body)
    return show(caller, workflowId)
  })
  bind(api.workflows.get, ({ caller, params }) => show(caller, params.workflowId))
  bind(api.workflows.remove, ({ caller, params }) => removeWorkflow(deps, caller, params.workflowId))
  bind(api.workflows.saveDraft, async ({ caller, params, body, req }) => {
    await saveDraft(db, caller, params.workflowId, body, ifMatchOf(req))
    return show(caller, params.workflowId)
  })
  bind(api.workflows.saveStep, async ({ caller, params, body, req }) => {
    await saveStep(db, caller, params.workflowId, params.stepId, body, ifMatchOf(req))
    return show(caller, params.workflowId)
  })
  bind(api.workflows.publish, async ({ caller, params, one }) => {
    const world = { ...(await readAppWorld(db, caller)), ...deps.providers }
    return publishVersion(db, caller, params.workflowId, world, (tx, published) =>
      one.keep(tx, { status: 200, body: published as unknown as Json }),
    )
  })
  bind(api.workflows.test, ({ caller, params, body, one }) =>
    testDraft(deps, caller, params.workflowId, body, one),
  )
  bind(api.workflows.deactivateSessions, async ({ caller, params }) => {
    await show(caller, params.workflowId)
    return { ended: await endOpen(deps, caller, params.workflowId, 'deactivated', 10_000) }
  })
  bind(api.workflows.versions, async ({ caller, params, query }) => {
    await show(caller, params.workflowId)
    return listVersions(db, caller, params.workflowId, query)
  })
  bind(api.workflows.version, async ({ caller, params }) =>
    must(await findVersion(db, caller, params.workflowId, params.version), 'version'),
  )
}
