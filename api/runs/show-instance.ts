import type { Instance } from '../../shared/contract/api/instances.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { type InstanceRow, listMessages } from '../../storage/sql/find-instance.ts'
import { cardOf } from '../../storage/sql/list-instances.ts'
import type { Deps } from '../deps.ts'
import { actionsOf } from './actions-of.ts'
import { mustRead } from './must-read.ts'

/** The page of one run. @throws Refusal `NotFound` */
export async function showInstance(deps: Deps, caller: Caller, instanceUuid: string): Promise<Instance> {
  const run = await mustRead(deps.db, caller, instanceUuid)
  const messages = await listMessages(deps.db, run)
  const { requests, output, error, assets } = run.view
  return {
    ...cardOf(run),
    actions: await actionsOf(deps, caller, run),
    href: `/runs/${instanceUuid}`,
    requests,
    messages,
    output: output ?? null,
    assets: assets.map(({ fileId, name, mediaType }) => ({ fileId, name, mediaType })),
    error,
    temporal: { workflowId: run.temporalWorkflowId, runId: run.temporalRunId || null, url: urlOf(deps, run) },
  }
}

/** Where Temporal's Web UI shows the run. */
function urlOf({ temporalUi }: Deps, { temporalWorkflowId, temporalRunId }: InstanceRow): string | null {
  if (!temporalUi) return null
  const parts = [
    'namespaces',
    temporalUi.namespace,
    'workflows',
    temporalWorkflowId,
    ...(temporalRunId ? [temporalRunId, 'history'] : []),
  ]
  return `${temporalUi.url.replace(/\/+$/, '')}/${parts.map(encodeURIComponent).join('/')}`
}
