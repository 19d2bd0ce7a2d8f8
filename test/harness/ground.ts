import { randomBytes } from 'node:crypto'
import { Connection } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time.js'
import pg from 'pg'
import { sharedGround, TEMPLATE } from './shared-ground.ts'

export type Ground = {
  /** A migrated database that only this test file uses. */
  databaseUrl: string
  temporalAddress: string
  /** A namespace that only this test file uses; the task queue's name is the same everywhere. */
  namespace: string
  /** The Temporal CLI's path, for what operators do with it. */
  temporalCli: string
  drop(): Promise<void>
}

/** A world of one's own on the servers that all test files share. In `beforeAll`; `drop` it in `afterAll`. */
export async function ground(): Promise<Ground> {
  const { adminUrl, temporalAddress, temporalCli } = sharedGround()
  const name = `test_${randomBytes(6).toString('hex')}`
  await Promise.all([
    ask(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`),
    registerNamespace(temporalAddress, name),
  ])
  return {
    databaseUrl: adminUrl.replace(/[^/]+$/, name),
    temporalAddress,
    namespace: name,
    temporalCli,
    // The namespace goes with the server at the end of the run.
    drop: () => ask(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}

async function ask(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** The dev server reads a namespace it does not know yet from its store: it can be used at once. */
async function registerNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address })
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    })
  } finally {
    await connection.close()
  }
}
