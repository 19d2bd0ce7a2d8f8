import { eq } from 'drizzle-orm'
import type { Brand } from '../../shared/contract/brand.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Settings } from '../../shared/contract/settings.ts'
import type { Database } from './database.ts'
import { workspaces } from './schema.ts'

/** How a workspace looks, sounds and works. */
export async function findWorkspace(db: Database, workspaceId: string): Promise<{ name: string; brand: Brand; settings: Settings }> {
  const [row] = await db
    .select({ name: workspaces.name, brand: workspaces.brand, settings: workspaces.settings })
    .from(workspaces)
    .where(eq(workspaces.workspaceId, workspaceId))
  if (!row) throw new Refusal('NotFound', 'there is no such workspace')
  return row
}

export async function changeWorkspace(db: Database, workspaceId: string, change: { brand: Brand } | { settings: Settings }): Promise<void> {
  await db.update(workspaces).set(change).where(eq(workspaces.workspaceId, workspaceId))
}
