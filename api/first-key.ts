import { readConfig, WrongEnvironment } from '../shared/config.ts'
import { embedded } from '../shared/contract/api/embedded.ts'
import { openDatabase } from '../storage/sql/database.ts'
import { ensureWorkspace } from '../storage/sql/ensure-workspace.ts'
import { migrate } from '../storage/sql/migrate.ts'
import { newKey } from './new-key.ts'

/**
 * Run by an operator, beside the database: makes a key for the admin whom Parley begins with, and prints it. Behind a
 * public address nobody is let in without one, so this is how the first admin gets in, and comes back after a loss.
 */
async function main(): Promise<void> {
  const config = readConfig()
  await migrate(config.DATABASE_URL)
  const db = openDatabase(config.DATABASE_URL, 1)
  try {
    await ensureWorkspace(db)
    const { workspaceId, admin } = embedded
    const { secret } = await newKey(db, { workspaceId, userId: admin.userId }, { ...admin })
    process.stdout.write(`${secret}\n`)
  } finally {
    await db.$client.end()
  }
}

main().catch((error: unknown) => {
  const isOurs = error instanceof WrongEnvironment
  process.stderr.write(
    `${isOurs ? error.message : `No key could be made: ${error instanceof Error ? error.message : error}`}\n`,
  )
  process.exit(isOurs ? 2 : 1)
})
