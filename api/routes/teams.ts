import { api } from '../../shared/contract/api/index.ts'
import { idFrom } from '../../storage/id-from.ts'
import { addTeam, findTeam, listTeams, removeTeam, replaceTeam } from '../../storage/sql/teams.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { must } from '../runs/must-read.ts'

export function bindTeams(bind: Binder, { db }: Deps): void {
  bind(api.teams.list, ({ caller, query }) => listTeams(db, caller, query))
  bind(api.teams.create, ({ caller, body, one }) => addTeam(db, caller, idFrom(`${one.seed}:team`), body))
  bind(api.teams.get, async ({ caller, params }) => must(await findTeam(db, caller, params.teamId), 'team'))
  bind(api.teams.replace, async ({ caller, params, body }) =>
    must(await replaceTeam(db, caller, params.teamId, body), 'team'),
  )
  bind(api.teams.remove, async ({ caller, params }) => {
    must((await removeTeam(db, caller, params.teamId)) || undefined, 'team')
    return undefined
  })
}
