import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { PgDialect } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { PreparedClient } from './prepared-client.ts'
import { recentRows } from './recent-rows.ts'
import { renderQuickly } from './render-quickly.ts'
import * as schema from './schema.ts'

export type Database = NodePgDatabase<typeof schema> & { $client: pg.Pool }
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]

/** A pool of connections. Waiting for a connection fails after 5 s instead of hanging the caller. */
export function openDatabase(databaseUrl: string, connections = 10): Database {
  const pool = new pg.Pool({
    Client: PreparedClient,
    connectionString: databaseUrl,
    max: connections,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    application_name: 'parley',
  })
  // An idle connection that breaks (a restart of PostgreSQL) is replaced at the next query: nothing to do here.
  pool.on('error', () => {})
  // One that is in use fails the query or the transaction it is used for; unheard, it would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = drizzle(pool, { schema }) as Database
  renderQuickly((db as unknown as { dialect: PgDialect }).dialect)
  // What comes after a connection that broke may be another server, which never saw what this one confirmed.
  pool.on('connect', (client) => client.on('error', recentRows(db).forget))
  return db
}
