import { api } from '../../shared/contract/api/index.ts'
import { idFrom } from '../../storage/id-from.ts'
import {
  addIntegration,
  findIntegration,
  listIntegrations,
  listOperations,
  removeIntegration,
  replaceIntegration,
} from '../../storage/sql/integrations.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { asIntegration } from '../integrations/as-integration.ts'
import { must } from '../runs/must-read.ts'

export function bindIntegrations(bind: Binder, { db }: Deps): void {
  bind(api.integrations.list, ({ caller, query }) => listIntegrations(db, caller, query))
  bind(api.integrations.create, async ({ caller, body, one }) => {
    const integrationId = idFrom(`${one.seed}:integration`)
    // A repeated request finds what an earlier one made before it was cut off.
    const made = await findIntegration(db, caller, integrationId)
    return made ?? addIntegration(db, caller, integrationId, await asIntegration(body))
  })
  bind(api.integrations.get, async ({ caller, params }) =>
    must(await findIntegration(db, caller, params.integrationId), 'integration'),
  )
  bind(api.integrations.operations, async ({ caller, params, query }) =>
    must(await listOperations(db, caller, params.integrationId, query), 'integration'),
  )
  bind(api.integrations.replace, async ({ caller, params, body }) =>
    must(
      await replaceIntegration(db, caller, params.integrationId, await asIntegration(body)),
      'integration',
    ),
  )
  bind(api.integrations.remove, async ({ caller, params }) => {
    must((await removeIntegration(db, caller, params.integrationId)) || undefined, 'integration')
    return undefined
  })
}
