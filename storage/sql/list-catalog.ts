import { and, asc, eq, isNull, or, sql } from 'drizzle-orm'
import type { CatalogCard } from '../../shared/contract/api/catalog.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Definition, WorkflowType } from '../../shared/contract/definition.ts'
import { availableTo } from './available-to.ts'
import type { Database } from './database.ts'
import { anywhere, NameKey, readCursor, toPage } from './page.ts'
import { versions, workflows } from './schema.ts'

type Ask = PageQuery & { type?: WorkflowType | undefined; q?: string | undefined }

/** Published workflows that are available to the caller, by the name they were published under. */
export async function listCatalog(
  db: Database,
  caller: Caller,
  { limit, cursor, type, q }: Ask,
): Promise<Page<CatalogCard>> {
  const after = readCursor(cursor, NameKey)
  const name = sql<string>`${versions.definition} ->> 'name'`
  const rows = await db
    .select({
      workflowId: workflows.workflowId,
      type: workflows.type,
      version: versions.version,
      definition: versions.definition,
      name,
    })
    .from(workflows)
    .innerJoin(
      versions,
      and(eq(versions.workflowId, workflows.workflowId), eq(versions.version, workflows.publishedVersion)),
    )
    .where(
      and(
        eq(workflows.workspaceId, caller.workspaceId),
        eq(workflows.appId, caller.appId),
        isNull(workflows.deletedAt),
        availableTo(caller),
        type && eq(workflows.type, type),
        q
          ? or(
              sql`${name} ilike ${anywhere(q)}`,
              sql`${versions.definition} ->> 'description' ilike ${anywhere(q)}`,
            )
          : undefined,
        after && sql`(${name}, ${workflows.workflowId}) > (${after[0]}, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(asc(name), asc(workflows.workflowId))
    .limit(limit + 1)
  return toPage(rows, limit, {
    key: (row) => [row.name, row.workflowId],
    item: ({ workflowId, type, version, definition }) => ({
      workflowId,
      version,
      name: definition.name,
      description: definition.description ?? null,
      type,
      icon: definition.icon ?? null,
      category: definition.category ?? null,
      input: definition.type === 'output_focused' ? (definition.input ?? null) : null,
      welcome: definition.type === 'chat_driven' ? definition.chat?.welcome || null : null,
      thinking: definition.type === 'chat_driven' ? definition.chat?.thinking || null : null,
      triggers: definition.type === 'chat_driven' ? (definition.triggers ?? []).map(shownTrigger) : [],
    }),
  })
}

/** What a page needs to offer a trigger. Its message is between the workflow and its agent. */
const shownTrigger = ({ id, name, parameters = [] }: Trigger): CatalogCard['triggers'][number] => ({
  id,
  name,
  parameters,
})
type Trigger = NonNullable<Extract<Definition, { type: 'chat_driven' }>['triggers']>[number]
