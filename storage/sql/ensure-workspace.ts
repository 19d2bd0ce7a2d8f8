import { embedded } from '../../shared/contract/api/embedded.ts'
import { defaultBrand } from '../../shared/contract/brand.ts'
import { defaultSettings } from '../../shared/contract/settings.ts'
import type { Database } from './database.ts'
import { apps, members, workspaces } from './schema.ts'

/** Makes sure of the workspace, app and admin that Parley begins with. What is there already stays as it is. */
export async function ensureWorkspace(db: Database): Promise<void> {
  const { workspaceId, appId, admin } = embedded
  await db.transaction(async (tx) => {
    await tx
      .insert(workspaces)
      .values({ workspaceId, name: 'My workspace', brand: defaultBrand, settings: defaultSettings })
      .onConflictDoNothing()
    await tx.insert(apps).values({ appId, workspaceId, name: 'My app' }).onConflictDoNothing()
    await tx
      .insert(members)
      .values({ workspaceId, ...admin })
      .onConflictDoNothing()
  })
}
