import { randomUUID } from 'node:crypto'
import { documents, fillBase, measureRecall } from '../../bench/knowledge/recall.ts'
import { embedded } from '../../shared/contract/api/embedded.ts'
import { type Database, openDatabase } from '../../storage/sql/database.ts'
import { ensureWorkspace } from '../../storage/sql/ensure-workspace.ts'
import { type Ground, ground } from '../harness/ground.ts'

let place: Ground
let db: Database
let set: string

beforeAll(async () => {
  place = await ground()
  db = openDatabase(place.databaseUrl)
  await ensureWorkspace(db)
  set = await fillBase(db, embedded)
})
afterAll(async () => {
  await db.$client.end()
  await place.drop()
})

it('F089 questions in people’s own words find their passage among the first five, by full text alone', async () => {
  const { asked, found, first, missed } = await measureRecall(db, set)
  console.log(asked, found, first, missed, documents.length, randomUUID())
  expect(asked).toBe(40)
  expect(found / asked).toBeGreaterThanOrEqual(0.85)
})
