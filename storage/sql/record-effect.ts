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

export async function setEffect(db: Database, workspaceId: string, key: string, state: State): Promise<void> {
  await db
    .update(effects)
    .set({ state, at: new Date() })
    .where(and(eq(effects.workspaceId, workspaceId), eq(effects.key, key)))
}
