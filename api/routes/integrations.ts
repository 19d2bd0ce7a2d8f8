import { api } from '../../shared/contract/api/index.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { IntegrationFields } from '../../shared/contract/integration.ts'
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
import { checkSecretHosts } from '../secure/check-secret-hosts.ts'

export function bindIntegrations(bind: Binder, { db }: Deps): void {
  const kept = async (caller: Caller, fields: IntegrationFields) => {
    const integration = await asIntegration(fields)
    const { baseUrl, headers, query, operations } = integration
    await checkSecretHosts({ db }, caller, baseUrl, { headers, query, operations })
    return integration
  }

  bind(api.integrations.list, ({ caller, query }) => listIntegrations(db, caller, query))
  bind(api.integrations.create, async ({ caller, body, one }) => {
    const integrationId = idFrom(`${one.seed}:integration`)
    // A repeated request finds what an earlier one made before it was cut off.
    const made = await findIntegration(db, caller, integrationId)
    return made ?? addIntegration(db, caller, integrationId, await kept(caller, body))
  })
  bind(api.integrations.get, async ({ caller, params }) =>
    must(await findIntegration(db, caller, params.integrationId), 'integration'),
  )
  bind(api.integrations.operations, async ({ caller, params, query }) =>
    must(await listOperations(db, caller, params.integrationId, query), 'integration'),
  )
  bind(api.integrations.replace, async ({ caller, params, body }) =>
    must(await replaceIntegration(db, caller, params.integrationId, await kept(caller, body)), 'integration'),
  )
  bind(api.integrations.remove, async ({ caller, params }) => {
    must((await removeIntegration(db, caller, params.integrationId)) || undefined, 'integration')
    return undefined
  })
}
