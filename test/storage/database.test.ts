import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { openDatabase } from '../../storage/sql/database.ts'
import { type Ground, ground } from '../harness/ground.ts'
import { until } from '../harness/until.ts'

let place: Ground
beforeAll(async () => {
  place = await ground()
})
afterAll(() => place.drop())

it('a connection that breaks in the middle of a transaction fails that one, and nothing else', async () => {
  const db = openDatabase(place.databaseUrl)
  const isThere = async (pid: unknown) =>
    (await db.execute(sql`select from pg_stat_activity where pid = ${pid}`)).rows.length > 0
  const transaction = db.transaction(async (tx) => {
    const { pid } = (await tx.execute(sql`select pg_backend_pid() as pid`)).rows[0] ?? {}
    await db.execute(sql`select pg_terminate_backend(${pid})`)
    await until('the connection to be gone', async () => !(await isThere(pid)))
    await pause(50) // Between two queries is where nobody listens.
    await tx.execute(sql`select 1`)
  })
  await expect(transaction).rejects.toThrow()
  expect((await db.execute(sql`select 1 as one`)).rows).toEqual([{ one: 1 }])
  await db.$client.end()
})
