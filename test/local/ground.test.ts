import { Connection } from '@temporalio/client'
import pg from 'pg'
import { type Ground, ground } from '../harness/ground.ts'

let one: Ground
let other: Ground
beforeAll(async () => {
  ;[one, other] = await Promise.all([ground(), ground()])
})
afterAll(() => Promise.all([one.drop(), other.drop()]))

test('each ground has a migrated database of its own', async () => {
  const tables = await query(one.databaseUrl, "SELECT FROM pg_tables WHERE schemaname = 'public'")
  expect(tables).toBeGreaterThan(0)
  await query(one.databaseUrl, 'CREATE TABLE mine ()')
  await expect(query(other.databaseUrl, 'SELECT FROM mine')).rejects.toThrow('does not exist')
})

test('each ground has a namespace of its own that takes runs at once', async () => {
  const fresh = await ground()
  const connection = await Connection.connect({ address: fresh.temporalAddress })
  const request = (namespace: string) => ({
    namespace,
    workflowId: 'same-id',
    requestId: namespace,
    workflowType: { name: 'any' },
    taskQueue: { name: 'parley' },
  })
  for (const { namespace } of [fresh, one])
    await connection.workflowService.startWorkflowExecution(request(namespace))
  await connection.close()
  await fresh.drop()
})

async function query(url: string, sql: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rowCount ?? 0
  } finally {
    await client.end()
  }
}
