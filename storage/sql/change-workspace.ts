import { eq } from 'drizzle-orm'
import type { Brand } from '../../shared/contract/brand.ts'
import type { Settings } from '../../shared/contract/settings.ts'
import type { Database } from './database.ts'
import { workspaces } from './schema.ts'

/** Replaces how a workspace looks and sounds, or how it works. */
export async function changeWorkspace(
  db: Database,
  workspaceId: string,
  change: { brand: Brand } | { settings: Settings },
): Promise<void> {
  await db.update(workspaces).set(change).where(eq(workspaces.workspaceId, workspaceId))
}
