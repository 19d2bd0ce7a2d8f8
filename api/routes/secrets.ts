import { randomUUID } from 'node:crypto'
import { api } from '../../shared/contract/api/index.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { SecretFields } from '../../shared/contract/secret.ts'
import { boundTo } from '../../storage/secrets/seal.ts'
import { addSecret, findSecret, listSecrets, removeSecret, replaceSecret } from '../../storage/sql/secrets.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { must } from '../runs/must-read.ts'

export function bindSecrets(bind: Binder, { db, seal }: Deps): void {
  const sealed = async ({ workspaceId, appId }: Caller, { name, hosts, value }: SecretFields) => ({
    name,
    hosts,
    sealed: await seal(value, boundTo({ workspaceId, appId, name, hosts })),
  })

  bind(api.secrets.list, ({ caller, query }) => listSecrets(db, caller, query))
  bind(api.secrets.create, async ({ caller, body }) =>
    addSecret(db, caller, randomUUID(), await sealed(caller, body)),
  )
  bind(api.secrets.get, async ({ caller, params }) =>
    must(await findSecret(db, caller, params.secretId), 'secret'),
  )
  bind(api.secrets.replace, async ({ caller, params, body }) =>
    must(await replaceSecret(db, caller, params.secretId, await sealed(caller, body)), 'secret'),
  )
  bind(api.secrets.remove, async ({ caller, params }) => {
    must((await removeSecret(db, caller, params.secretId)) || undefined, 'secret')
    return undefined
  })
}
