import type { Database, Transaction } from './database.ts'
import { files } from './schema.ts'

/** A file's row; its bytes are in the assets already. Adding the same id again changes nothing. */
export async function addFile(db: Database | Transaction, file: typeof files.$inferInsert): Promise<void> {
  await db.insert(files).values(file).onConflictDoNothing()
}
