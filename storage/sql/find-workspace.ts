import { eq } from 'drizzle-orm'
import type { Brand } from '../../shared/contract/brand.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Settings } from '../../shared/contract/settings.ts'
import type { Database } from './database.ts'
import { workspaces } from './schema.ts'

/** A workspace's brand and settings. @throws Refusal NotFound */
export async function findWorkspace(
  db: Database,
  workspaceId: string,
): Promise<{ name: string; brand: Brand; settings: Settings }> {
  const [row] = await db
    .select({ name: workspaces.name, brand: workspaces.brand, settings: workspaces.settings })
    .from(workspaces)
    .where(eq(workspaces.workspaceId, workspaceId))
  if (!row) throw new Refusal('NotFound', `No workspace has the id ${workspaceId}.`)
  return row
}
