import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as runMigrations } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'

/** Any number that nobody else uses as an advisory lock. */
const migrationLock = 7_201_143

/** Brings a database to the newest schema. Safe when two processes start at once: the second waits, then finds it done. */
export async function migrate(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock])
    await runMigrations(drizzle(client), {
      migrationsFolder: fileURLToPath(new URL('./migrations', import.meta.url)),
    })
    await addVectors(client)
  } finally {
    await client.end()
  }
}

/** pgvector compares vectors fast. Where the server has it, it is taken; where it may not be, an operator can; nothing needs it. */
async function addVectors(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    `select from pg_available_extensions where name = 'vector' and installed_version is null`,
  )
  if (rows.length > 0) await client.query('create extension if not exists vector').catch(() => {})
}
