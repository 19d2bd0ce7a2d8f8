import { sql } from 'drizzle-orm'
import { api } from '../../shared/contract/api/index.ts'
import type { Health } from '../../shared/contract/api/system.ts'
import { listWorkspaces } from '../../storage/sql/find-identity.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'

export function bindSystem(bind: Binder, deps: Deps): void {
  bind(api.system.me, async ({ identity }) => ({
    userId: identity.userId,
    name: identity.name,
    workspaces: await listWorkspaces(deps.db, identity),
  }))
  bind(api.system.live, () => ({ status: 'ok' as const }))
  bind(api.system.ready, async ({ res }) => {
    const health = await healthOf(deps)
    if (health.status === 'down') res.status(503).set('Retry-After', '2').json(health)
    return health
  })
}

async function healthOf({ db, engineIsUp }: Deps): Promise<Health> {
  const isUp = db.execute(sql`select 1`).then(
    () => true,
    () => false,
  )
  const [database, temporal] = await Promise.all([isUp, engineIsUp()])
  const part = (up: boolean) => (up ? ('up' as const) : ('down' as const))
  return {
    status: !database ? 'down' : temporal ? 'ok' : 'degraded',
    database: part(database),
    temporal: part(temporal),
  }
}
