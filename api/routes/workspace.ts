import { api } from '../../shared/contract/api/index.ts'
import { findApiKey, listApiKeys, removeApiKey } from '../../storage/sql/api-keys.ts'
import { changeWorkspace } from '../../storage/sql/change-workspace.ts'
import { findWorkspace } from '../../storage/sql/find-workspace.ts'
import { addMember, findMember, listMembers, removeMember, replaceMember } from '../../storage/sql/members.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { newKey } from '../new-key.ts'
import { must } from '../runs/must-read.ts'

export function bindWorkspace(bind: Binder, { db }: Deps): void {
  bind(api.brand.get, async ({ caller }) => (await findWorkspace(db, caller.workspaceId)).brand)
  bind(api.brand.replace, async ({ caller, body }) => {
    await changeWorkspace(db, caller.workspaceId, { brand: body })
    return body
  })
  bind(api.settings.get, async ({ caller }) => (await findWorkspace(db, caller.workspaceId)).settings)
  bind(api.settings.replace, async ({ caller, body }) => {
    await changeWorkspace(db, caller.workspaceId, { settings: body })
    return body
  })

  bind(api.members.list, ({ caller, query }) => listMembers(db, caller, query))
  bind(api.members.create, ({ caller, body }) => addMember(db, caller, body))
  bind(api.members.get, async ({ caller, params }) =>
    must(await findMember(db, caller, params.userId), 'member'),
  )
  bind(api.members.replace, async ({ caller, params, body }) =>
    must(await replaceMember(db, caller, params.userId, body), 'member'),
  )
  bind(api.members.remove, async ({ caller, params }) => {
    must((await removeMember(db, caller, params.userId)) || undefined, 'member')
    return undefined
  })

  bind(api.apiKeys.list, ({ caller, query }) => listApiKeys(db, caller, query))
  bind(api.apiKeys.create, ({ caller, body }) => newKey(db, caller, body))
  bind(api.apiKeys.get, async ({ caller, params }) =>
    must(await findApiKey(db, caller, params.apiKeyId), 'API key'),
  )
  bind(api.apiKeys.remove, async ({ caller, params }) => {
    must((await removeApiKey(db, caller, params.apiKeyId)) || undefined, 'API key')
    return undefined
  })
}
