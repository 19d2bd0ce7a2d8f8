import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { StoredUiFlow, UiFlowCard } from '../../shared/contract/api/ui-flows.ts'
import type { AppWorld } from '../../shared/contract/app-world.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { checkLinks, linkedIds } from '../../shared/contract/ui-flow/check-links.ts'
import { type UiFlow, walkPages } from '../../shared/contract/ui-flow.ts'
import type { Database, Transaction } from './database.ts'
import { type IfMatch, mustMatch } from './if-match.ts'
import { NameKey, readCursor, toPage } from './page.ts'
import { uiFlows, versions, workflows } from './schema.ts'
import { triggersOf } from './triggers-of.ts'

type Place = Pick<Caller, 'workspaceId' | 'appId'>
type Row = typeof uiFlows.$inferSelect

const ofApp = ({ workspaceId, appId }: Place) =>
  and(eq(uiFlows.workspaceId, workspaceId), eq(uiFlows.appId, appId))
const one = (place: Place, uiFlowId: string) => and(ofApp(place), eq(uiFlows.uiFlowId, uiFlowId))

/** UI flows of the app, by name. */
export async function listUiFlows(
  db: Database,
  place: Place,
  { limit, cursor }: PageQuery,
): Promise<Page<UiFlowCard>> {
  const after = readCursor(cursor, NameKey)
  const rows = await db
    .select()
    .from(uiFlows)
    .where(
      and(
        ofApp(place),
        after && sql`(${uiFlows.name}, ${uiFlows.uiFlowId}) > (${after[0]}, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(asc(uiFlows.name), asc(uiFlows.uiFlowId))
    .limit(limit + 1)
  return toPage(rows, limit, { item: cardOf, key: (row) => [row.name, row.uiFlowId] })
}

export async function findUiFlow(
  db: Database,
  place: Place,
  uiFlowId: string,
): Promise<StoredUiFlow | undefined> {
  const [row] = await db.select().from(uiFlows).where(one(place, uiFlowId))
  return row && asStored(row)
}

/**
 * Keeps a new UI flow. With an id that is there already nothing happens.
 * @throws Refusal `Invalid` with everything that does not fit the app's workflows
 */
export const addUiFlow = (
  db: Database,
  { workspaceId, appId }: Place,
  uiFlowId: string,
  given: UiFlow,
): Promise<void> =>
  db.transaction(async (tx) => {
    const flow = await linked(tx, { workspaceId, appId }, given)
    await tx
      .insert(uiFlows)
      .values({ uiFlowId, workspaceId, appId, name: flow.name, flow })
      .onConflictDoNothing()
  })

/** @throws Refusal `Stale`, `Invalid` with everything that does not fit the app's workflows */
export const replaceUiFlow = (
  db: Database,
  place: Place,
  uiFlowId: string,
  given: UiFlow,
  ifMatch: IfMatch,
): Promise<StoredUiFlow | undefined> =>
  db.transaction(async (tx) => {
    // Its workflows are locked before itself, as a publish does.
    const flow = await linked(tx, place, given)
    const [before] = await tx
      .select({ revision: uiFlows.revision })
      .from(uiFlows)
      .where(one(place, uiFlowId))
      .for('update')
    if (!before) return undefined
    mustMatch(before.revision, ifMatch, 'UI flow')
    const [row] = await tx
      .update(uiFlows)
      .set({ name: flow.name, flow, revision: before.revision + 1, updatedAt: sql`now()` })
      .where(one(place, uiFlowId))
      .returning()
    return row && asStored(row)
  })

export async function removeUiFlow(db: Database, place: Place, uiFlowId: string): Promise<boolean> {
  const gone = await db.delete(uiFlows).where(one(place, uiFlowId)).returning({ name: uiFlows.name })
  return gone.length > 0
}

/** The pages that steps of the app can lead to. */
export async function destinations(db: Database, place: Place): Promise<NonNullable<AppWorld['uiFlows']>> {
  const rows = await db.select().from(uiFlows).where(ofApp(place))
  return Object.fromEntries(
    rows.map(({ uiFlowId, name, flow }) => [
      uiFlowId,
      {
        name,
        pages: [...walkPages(flow.pages)].map(({ page: { pageId, title, queryParameters } }) => ({
          pageId,
          title,
          queryParameters,
        })),
      },
    ]),
  )
}

/**
 * The flow with its links to workflows, which stay as they are until it is kept: their rows are locked against a publish
 * or a deletion, which go over the flows afterwards.
 */
async function linked(tx: Transaction, { workspaceId, appId }: Place, given: UiFlow): Promise<UiFlow> {
  const ids = linkedIds(given)
  const rows =
    ids.length === 0
      ? []
      : await tx
          .select({
            workflowId: workflows.workflowId,
            name: workflows.name,
            type: workflows.type,
            draft: triggersOf(workflows.draft),
            published: triggersOf(versions.definition),
          })
          .from(workflows)
          .leftJoin(
            versions,
            and(
              eq(versions.workflowId, workflows.workflowId),
              eq(versions.version, workflows.publishedVersion),
            ),
          )
          .where(
            and(
              eq(workflows.workspaceId, workspaceId),
              eq(workflows.appId, appId),
              isNull(workflows.deletedAt),
              inArray(workflows.workflowId, ids),
            ),
          )
          .orderBy(asc(workflows.workflowId))
          .for('share', { of: workflows })
  const known = new Map(
    rows.map(({ workflowId, name, type, draft, published }) => {
      const triggers = [...(draft ?? []), ...(published ?? [])]
      return [workflowId, { name, type, triggerIds: [...new Set(triggers.map(({ id }) => id))] }]
    }),
  )
  const checked = checkLinks(given, known)
  if (checked.ok) return checked.flow
  const [first] = checked.problems
  throw new Refusal('Invalid', `${first?.path}: ${first?.message}`, { problems: checked.problems })
}

const cardOf = ({ uiFlowId, flow, createdAt, updatedAt }: Row): UiFlowCard => ({
  uiFlowId,
  name: flow.name,
  experience: flow.experience,
  defaultWorkflowId: flow.defaultWorkflowId,
  pageCount: [...walkPages(flow.pages)].length,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
})

function asStored(row: Row): StoredUiFlow {
  const { pageCount: _, ...card } = cardOf(row)
  return { ...card, revision: row.revision, pages: row.flow.pages }
}
