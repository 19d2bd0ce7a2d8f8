import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Sealed } from '../secrets/seal.ts'
import type { Database, Transaction } from './database.ts'
import { instances, integrations, mcpServers, secureValues, sessions } from './schema.ts'

interface Place {
  workspaceId: string
  appId: string
}

export interface SecureValue {
  handle: string
  name: string
  hosts: string[]
  sealed: Sealed
}

/** Keeps values for as long as their owner needs them. The same handle again is the same value. */
export async function addSecureValues(
  db: Database | Transaction,
  { workspaceId, appId, ownerId }: Place & { ownerId: string },
  values: SecureValue[],
): Promise<void> {
  if (values.length === 0) return
  await db
    .insert(secureValues)
    .values(values.map((value) => ({ ...value, workspaceId, appId, ownerId })))
    .onConflictDoNothing()
}

/** Values by their handles, sealed as they are. */
export async function sealedValues(
  db: Database,
  { workspaceId, appId }: Place,
  handles: string[],
): Promise<SecureValue[]> {
  if (handles.length === 0) return []
  return db
    .select({
      handle: secureValues.handle,
      name: secureValues.name,
      hosts: secureValues.hosts,
      sealed: secureValues.sealed,
    })
    .from(secureValues)
    .where(
      and(
        eq(secureValues.workspaceId, workspaceId),
        eq(secureValues.appId, appId),
        inArray(secureValues.handle, handles),
      ),
    )
}

/** Addresses of the app's integrations and MCP servers. */
export async function listAddresses(db: Database, { workspaceId, appId }: Place): Promise<string[]> {
  const [operations, servers] = await Promise.all([
    db
      .select({ url: integrations.baseUrl })
      .from(integrations)
      .where(and(eq(integrations.workspaceId, workspaceId), eq(integrations.appId, appId))),
    db
      .select({ url: mcpServers.url })
      .from(mcpServers)
      .where(and(eq(mcpServers.workspaceId, workspaceId), eq(mcpServers.appId, appId))),
  ])
  return [...operations, ...servers].flatMap(({ url }) => url ?? [])
}

/** How long values outlive the run or the conversation they were given to: for as long it may be taken up again. */
const keptFor = sql`interval '7 days'`

/** Deletes the values of runs and conversations that ended a while ago, and of those that never began. */
export async function removeOldSecureValues(db: Database): Promise<number> {
  const gone = await db
    .delete(secureValues)
    .where(
      sql`${secureValues.createdAt} < now() - ${keptFor} and not exists (
        select from ${instances} where ${instances.instanceUuid} = ${secureValues.ownerId}
          and (${instances.finishedAt} is null or ${instances.finishedAt} > now() - ${keptFor}))
      and not exists (
        select from ${sessions} where ${sessions.chatSessionId} = ${secureValues.ownerId}
          and (${sessions.endedAt} is null or ${sessions.endedAt} > now() - ${keptFor}))`,
    )
    .returning({ handle: secureValues.handle })
  return gone.length
}
