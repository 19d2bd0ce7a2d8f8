import { and, eq } from 'drizzle-orm'
import type { Database } from './database.ts'
import { effects } from './schema.ts'

type State = (typeof effects.$inferSelect)['state']

/** How far an effect came at an earlier attempt; undefined when it was never begun. */
export async function effectState(
  db: Database,
  workspaceId: string,
  key: string,
): Promise<State | undefined> {
  const [row] = await db
    .select({ state: effects.state })
    .from(effects)
    .where(and(eq(effects.workspaceId, workspaceId), eq(effects.key, key)))
  return row?.state
}

export async function beginEffect(
  db: Database,
  effect: { key: string; workspaceId: string; instanceUuid: string; kind: string },
): Promise<void> {
  await db
    .insert(effects)
    .values({ ...effect, state: 'begun' })
    .onConflictDoNothing()
}

/**
 * Notes that an effect may happen from now on.
 * @throws when another attempt that runs beside this one has noted it first: only one of them may go on
 */
export async function handOverEffect(db: Database, workspaceId: string, key: string): Promise<void> {
  const noted = await db
    .update(effects)
    .set({ state: 'handedOver', at: new Date() })
    .where(and(eq(effects.workspaceId, workspaceId), eq(effects.key, key), eq(effects.state, 'begun')))
    .returning({ key: effects.key })
  if (noted.length === 0) throw new Error('another attempt is at this effect')
}

export async function setEffect(db: Database, workspaceId: string, key: string, state: State): Promise<void> {
  await db
    .update(effects)
    .set({ state, at: new Date() })
    .where(and(eq(effects.workspaceId, workspaceId), eq(effects.key, key)))
}
