import { and, desc, eq, inArray, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { PgDialect } from 'drizzle-orm/pg-core'
import { renderQuickly } from '../../storage/sql/render-quickly.ts'
import { instances, journal, sessions } from '../../storage/sql/schema.ts'

const slow = new PgDialect()
const quick = new PgDialect()
const asked: SQL[] = []
// What it leaves to drizzle comes here.
quick.sqlToQuery = (statement, ...rest) => {
  asked.push(statement)
  return slow.sqlToQuery(statement, ...rest)
}
renderQuickly(quick)

const db = drizzle.mock()
const id = '6f2a1c9e-3b7d-4e58-9a40-5c1d2e8f7b01'
const both = (statement: SQLWrapper) => {
  asked.length = 0
  const { sql: text, params } = quick.sqlToQuery(statement.getSQL())
  const { sql: expected, params: values } = slow.sqlToQuery(statement.getSQL())
  expect([text, params]).toEqual([expected, values])
  // A table or a column by itself is asked for once.
  return { text, params, isLeft: asked.some(({ queryChunks }) => queryChunks.length > 1) }
}

it('writes a statement of parts as drizzle does: tables, columns, names, values, lists, and nothing for what is not there', () => {
  const at = new Date()
  const part = sql`${journal.key} = any(${sql.param(['a', 'b'])}::text[]) and ${undefined}${sql.raw("'x'")}`
  const { text, params, isLeft } = both(
    sql`with ${sql.identifier('odd "name"')} as (select ${sql.join([sql`1`, sql`${2}`], sql`, `)}) select from ${journal}
      where ${part} and ${true} and ${null}::text is null and ${at}::timestamptz < now() and ${id} in ${['c', 'd']}
      and data = ${sql.param({ said: 'it’s ?' }, journal.data)}::jsonb`,
  )
  expect(text).toContain('"odd ""name"""')
  expect(params).toEqual([2, ['a', 'b'], true, null, at, id, 'c', 'd', '{"said":"it’s ?"}'])
  expect(isLeft).toBe(false)
})

it('writes what drizzle builds: selects, joins, lists, inserts with defaults, updates', () => {
  const view = { percent: 5 } as never
  const built = [
    db
      .select({ key: journal.key, status: instances.status })
      .from(journal)
      .innerJoin(instances, eq(instances.instanceUuid, journal.instanceUuid))
      .where(and(inArray(journal.event, ['message', 'progress']), eq(journal.streamId, id)))
      .orderBy(desc(journal.seq))
      .limit(3),
    db.select().from(sessions).where(eq(sessions.chatSessionId, id)),
    db
      .update(instances)
      .set({ view, finishedAt: null })
      .where(eq(instances.instanceUuid, id))
      .returning({ id: instances.instanceUuid }),
    db.delete(journal).where(eq(journal.streamId, id)),
  ]
  for (const one of built) expect(both(one).isLeft).toBe(false)
})

it('leaves to drizzle what it does not know', () => {
  const below = db.select({ id: instances.instanceUuid }).from(instances).as('below')
  for (const one of [
    sql`select from ${below}`,
    sql`select ${sql.placeholder('later')}`,
    sql`select ${sql.param(sql.placeholder('later'), journal.data)}`,
    sql`select ${'in the text'}`.inlineParams(),
    sql`select 1 where ${inArray(instances.instanceUuid, db.select({ id: instances.instanceUuid }).from(instances))}`,
  ])
    expect(both(one).isLeft).toBe(true)
})
