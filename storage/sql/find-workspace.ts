import { sql } from 'drizzle-orm'
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
  const { rows } = await db.execute<{ name: string; brand: Brand; settings: Settings }>(
    sql`select name, brand, settings from ${workspaces} where workspace_id = ${workspaceId}::uuid`,
  )
  const [row] = rows
  if (!row) throw new Refusal('NotFound', `No workspace has the id ${workspaceId}.`)
  return row
}
