import { and, desc, eq, lt } from 'drizzle-orm'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import { type Caller, personOf } from '../../shared/contract/api/scope.ts'
import type { Version, VersionCard } from '../../shared/contract/api/workflows.ts'
import type { AppWorld } from '../../shared/contract/app-world.ts'
import { checkDefinition } from '../../shared/contract/check-definition.ts'
import { parseDefinition } from '../../shared/contract/definition.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Problem } from '../../shared/contract/step.ts'
import { contentHash } from './content-hash.ts'
import type { Database, Transaction } from './database.ts'
import { ofApp } from './list-workflows.ts'
import { NumberKey, readCursor, toPage } from './page.ts'
import { versions, workflows } from './schema.ts'
import { unlinkTriggers } from './unlink-ui-flows.ts'

type Published = VersionCard & { warnings: Problem[] }

/**
 * Makes the draft the next version, when it fits the world around it. `keep` writes in the same transaction, so that both or neither are there.
 * @throws Refusal `NotFound`; `NotPublishable` with every problem and its step
 */
export const publishVersion = (
  db: Database,
  caller: Caller,
  workflowId: string,
  world: AppWorld,
  keep: (tx: Transaction, published: Published) => Promise<void> = async () => {},
): Promise<Published> =>
  db.transaction(async (tx) => {
    const [row] = await tx
      .select()
      .from(workflows)
      .where(and(ofApp(caller), eq(workflows.workflowId, workflowId)))
      .for('update')
    if (!row) throw new Refusal('NotFound', 'there is no such workflow')
    const parsed = parseDefinition(row.draft)
    const { errors, warnings } = parsed.ok
      ? checkDefinition(parsed.definition, world)
      : { errors: parsed.problems, warnings: [] }
    if (errors.length > 0)
      throw new Refusal(
        'NotPublishable',
        `${errors.length === 1 ? 'one problem stands' : `${errors.length} problems stand`} in the way: see errors`,
        { problems: errors },
      )
    const [made] = await tx
      .insert(versions)
      .values({
        workflowId,
        version: (row.publishedVersion ?? 0) + 1,
        workspaceId: row.workspaceId,
        appId: row.appId,
        definition: row.draft,
        sha256: contentHash(row.draft),
        publishedBy: personOf(caller).userId,
      })
      .returning()
    await tx
      .update(workflows)
      .set({ publishedVersion: made!.version, publishedRevision: row.revision })
      .where(and(eq(workflows.workspaceId, row.workspaceId), eq(workflows.workflowId, workflowId)))
    if (row.draft.type === 'chat_driven')
      await unlinkTriggers(tx, row, workflowId, new Set(row.draft.triggers?.map(({ id }) => id)))
    const published = { ...cardOf(made!), warnings }
    await keep(tx, published)
    return published
  })

/** Published versions, newest first. Those of a deleted workflow are not listed. */
export async function listVersions(
  db: Database,
  caller: Caller,
  workflowId: string,
  { limit, cursor }: PageQuery,
): Promise<Page<VersionCard>> {
  const after = readCursor(cursor, NumberKey)
  const rows = await db
    .select({ row: versions })
    .from(versions)
    .innerJoin(workflows, eq(workflows.workflowId, versions.workflowId))
    .where(and(ofApp(caller), eq(versions.workflowId, workflowId), after && lt(versions.version, after[0])))
    .orderBy(desc(versions.version))
    .limit(limit + 1)
  return toPage(rows, limit, { item: ({ row }) => cardOf(row), key: ({ row }) => [row.version] })
}

/** One published version with its definition. */
export async function findVersion(
  db: Database,
  caller: Caller,
  workflowId: string,
  version: number,
): Promise<Version | undefined> {
  const [found] = await db
    .select({ row: versions })
    .from(versions)
    .innerJoin(workflows, eq(workflows.workflowId, versions.workflowId))
    .where(and(ofApp(caller), eq(versions.workflowId, workflowId), eq(versions.version, version)))
  return found && { ...cardOf(found.row), definition: found.row.definition }
}

const cardOf = ({
  workflowId,
  version,
  sha256,
  publishedBy,
  publishedAt,
}: typeof versions.$inferSelect): VersionCard => ({
  workflowId,
  version,
  sha256,
  publishedBy,
  publishedAt: publishedAt.toISOString(),
})
