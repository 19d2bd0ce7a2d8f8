import { sql } from 'drizzle-orm'
import { embedded } from '../../shared/contract/api/embedded.ts'
import { api } from '../../shared/contract/api/index.ts'
import type { Health } from '../../shared/contract/api/system.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { findStanding, type Identity, listWorkspaces } from '../../storage/sql/find-identity.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import type { Metrics } from '../metrics.ts'

export function bindSystem(bind: Binder, deps: Deps, metrics: Metrics): void {
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
  bind(api.system.metrics, async ({ identity, res }) => {
    await mustSeeAll(deps, identity)
    res.type(metrics.contentType).send(await metrics.page())
    return undefined
  })
}

/** Figures are of every workspace, so they are for who runs the installation. @throws Refusal `Forbidden` */
async function mustSeeAll({ db }: Deps, identity: Identity): Promise<void> {
  const standing = await findStanding(db, identity, embedded.workspaceId, embedded.appId)
  if (!standing?.roles.some((role) => role === 'admin' || role === 'service'))
    throw new Refusal('Forbidden', 'this needs a key of the first workspace with the role admin or service')
}

async function healthOf({ db, engineIsUp, liveIsUp }: Deps): Promise<Health> {
  const isUp = db.execute(sql`select 1`).then(
    () => true,
    () => false,
  )
  const [database, temporal, live] = await Promise.all([isUp, engineIsUp(), liveIsUp()])
  const part = (up: boolean) => (up ? ('up' as const) : ('down' as const))
  return {
    status: !database ? 'down' : temporal && live ? 'ok' : 'degraded',
    database: part(database),
    temporal: part(temporal),
    live: part(live),
  }
}
