import { eq, sql } from 'drizzle-orm'
import { type Database, openDatabase } from '../../storage/sql/database.ts'
import { apps, workspaces } from '../../storage/sql/schema.ts'
import { type Ground, ground } from '../harness/ground.ts'

let place: Ground
let db: Database
beforeAll(async () => {
  place = await ground()
  // One connection, so that everything is asked of the same.
  db = openDatabase(place.databaseUrl, 1)
})
afterAll(async () => {
  await db.$client.end()
  await place.drop()
})

const prepared = async (like: string): Promise<number> => {
  const { rows } = await db.execute<{ count: number }>(
    sql.raw(`select count(*)::int as count from pg_prepared_statements where statement like '${like}'`),
  )
  return rows[0]?.count ?? 0
}

const id = (last: number) => `6f2a1c9e-3b7d-4e58-9a40-00000000000${last}`

it('the same question is prepared once, in a transaction or not, whatever its values', async () => {
  const find = (from: Pick<Database, 'select'>, last: number) =>
    from
      .select()
      .from(workspaces)
      .where(eq(workspaces.workspaceId, id(last)))
  expect(await find(db, 1)).toEqual([])
  expect(await db.transaction((tx) => find(tx, 2))).toEqual([])
  expect(await prepared('select %from "workspaces" where%')).toBe(1)
})

it('a statement that failed at its first use works at the next', async () => {
  const join = (last: number) =>
    db.insert(apps).values({ appId: id(3), workspaceId: id(last), name: 'An app' })
  await expect(join(4)).rejects.toThrow()
  await db
    .insert(workspaces)
    .values({ workspaceId: id(5), name: 'W', brand: sql`'{}'::jsonb`, settings: sql`'{}'::jsonb` })
  await join(5)
  expect(
    await db
      .select({ name: apps.name })
      .from(apps)
      .where(eq(apps.appId, id(3))),
  ).toEqual([{ name: 'An app' }])
})
