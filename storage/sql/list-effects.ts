import { and, asc, eq, gte, inArray } from 'drizzle-orm'
import type { DoneEffect } from '../../shared/contract/api/rewinding.ts'
import type { Database } from './database.ts'
import { effects } from './schema.ts'

/** What a run has done outside, or may have done, since a moment. */
export async function listEffects(
  db: Database,
  { workspaceId, instanceUuid }: { workspaceId: string; instanceUuid: string },
  since: Date,
): Promise<DoneEffect[]> {
  const rows = await db
    .select()
    .from(effects)
    .where(
      and(
        eq(effects.workspaceId, workspaceId),
        eq(effects.instanceUuid, instanceUuid),
        inArray(effects.state, ['done', 'handedOver']),
        gte(effects.at, since),
      ),
    )
    .orderBy(asc(effects.at))
  return rows.map(doneEffect)
}

export const doneEffect = ({ key, kind, state, at }: typeof effects.$inferSelect): DoneEffect => ({
  // The key is instanceUuid:path:activity:effect.
  path: key.split(':')[1] ?? '',
  kind,
  state: state === 'done' ? 'done' : 'handedOver',
  at: at.toISOString(),
})
