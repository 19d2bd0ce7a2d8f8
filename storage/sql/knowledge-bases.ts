import { and, asc, eq, inArray, ne, sql } from 'drizzle-orm'
import type { KnowledgeBase } from '../../shared/contract/api/knowledge-bases.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { KnowledgeBaseFields } from '../../shared/contract/knowledge.ts'
import type { Database, Transaction } from './database.ts'
import { NameKey, readCursor, toPage } from './page.ts'
import { knowledgeBases } from './schema.ts'

type Place = Pick<Caller, 'workspaceId' | 'appId'>

const ofApp = ({ workspaceId, appId }: Place) =>
  and(eq(knowledgeBases.workspaceId, workspaceId), eq(knowledgeBases.appId, appId))
const one = (place: Place, knowledgeBaseId: string) =>
  and(ofApp(place), eq(knowledgeBases.knowledgeBaseId, knowledgeBaseId))

const counted = (what: string) =>
  sql<number>`(select count(${sql.raw(what)})::int from knowledge_documents document where document.knowledge_base_id = knowledge_bases.knowledge_base_id)`

const card = {
  knowledgeBaseId: knowledgeBases.knowledgeBaseId,
  name: knowledgeBases.name,
  description: knowledgeBases.description,
  documents: counted('*'),
  ready: counted('document.live'),
  createdAt: knowledgeBases.createdAt,
  updatedAt: knowledgeBases.updatedAt,
}

/** Knowledge bases of the app, by name. */
export async function listKnowledgeBases(
  db: Database,
  caller: Caller,
  { limit, cursor }: PageQuery,
): Promise<Page<KnowledgeBase>> {
  const after = readCursor(cursor, NameKey)
  const rows = await db
    .select(card)
    .from(knowledgeBases)
    .where(
      and(
        ofApp(caller),
        after &&
          sql`(${knowledgeBases.name}, ${knowledgeBases.knowledgeBaseId}) > (${after[0]}, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(asc(knowledgeBases.name), asc(knowledgeBases.knowledgeBaseId))
    .limit(limit + 1)
  return toPage(rows, limit, { item: show, key: (row) => [row.name, row.knowledgeBaseId] })
}

export async function findKnowledgeBase(
  db: Database | Transaction,
  place: Place,
  knowledgeBaseId: string,
): Promise<KnowledgeBase | undefined> {
  const [row] = await db.select(card).from(knowledgeBases).where(one(place, knowledgeBaseId))
  return row && show(row)
}

export interface NamedBase {
  knowledgeBaseId: string
  name: string
  description: string
}

/** Those of the knowledge bases that the app has. */
export const findBasesByName = (db: Database, place: Place, names: string[]): Promise<NamedBase[]> =>
  db
    .select({
      knowledgeBaseId: knowledgeBases.knowledgeBaseId,
      name: knowledgeBases.name,
      description: knowledgeBases.description,
    })
    .from(knowledgeBases)
    .where(and(ofApp(place), inArray(knowledgeBases.name, names)))

export async function knowledgeBaseNames(db: Database, place: Place): Promise<string[]> {
  const rows = await db
    .select({ name: knowledgeBases.name })
    .from(knowledgeBases)
    .where(ofApp(place))
    .orderBy(asc(knowledgeBases.name))
  return rows.map(({ name }) => name)
}

/** @throws Refusal `Conflict` when the name is taken. With an id that is there already nothing happens */
export const addKnowledgeBase = (
  db: Database,
  { workspaceId, appId }: Place,
  knowledgeBaseId: string,
  fields: KnowledgeBaseFields,
): Promise<KnowledgeBase> =>
  db.transaction(async (tx) => {
    const place = { workspaceId, appId }
    await keepNameFree(tx, place, knowledgeBaseId, fields.name)
    await tx
      .insert(knowledgeBases)
      .values({ knowledgeBaseId, ...place, ...fields })
      .onConflictDoNothing({ target: knowledgeBases.knowledgeBaseId })
    return (await findKnowledgeBase(tx, place, knowledgeBaseId)) as KnowledgeBase
  })

/** @throws Refusal `Conflict` when the name is taken */
export const replaceKnowledgeBase = (
  db: Database,
  place: Place,
  knowledgeBaseId: string,
  fields: KnowledgeBaseFields,
): Promise<KnowledgeBase | undefined> =>
  db.transaction(async (tx) => {
    await keepNameFree(tx, place, knowledgeBaseId, fields.name)
    await tx
      .update(knowledgeBases)
      .set({ ...fields, updatedAt: new Date() })
      .where(one(place, knowledgeBaseId))
    return findKnowledgeBase(tx, place, knowledgeBaseId)
  })

/** Takes its documents and their passages along. */
export async function removeKnowledgeBase(
  db: Database,
  place: Place,
  knowledgeBaseId: string,
): Promise<boolean> {
  const gone = await db
    .delete(knowledgeBases)
    .where(one(place, knowledgeBaseId))
    .returning({ knowledgeBaseId: knowledgeBases.knowledgeBaseId })
  return gone.length > 0
}

async function keepNameFree(
  tx: Transaction,
  place: Place,
  knowledgeBaseId: string,
  name: string,
): Promise<void> {
  // Two that take the same name at once wait for each other here; the unique index would be an error of SQL.
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`knowledge-base:${place.appId}:${name}`}, 0))`,
  )
  const [other] = await tx
    .select({ name: knowledgeBases.name })
    .from(knowledgeBases)
    .where(
      and(ofApp(place), eq(knowledgeBases.name, name), ne(knowledgeBases.knowledgeBaseId, knowledgeBaseId)),
    )
  if (other)
    throw new Refusal('Conflict', `a knowledge base named "${name}" is there already: take another name`)
}

const show = ({
  createdAt,
  updatedAt,
  ...row
}: Omit<KnowledgeBase, 'createdAt' | 'updatedAt'> & { createdAt: Date; updatedAt: Date }): KnowledgeBase => ({
  ...row,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
})
