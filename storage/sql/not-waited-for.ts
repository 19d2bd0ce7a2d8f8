import { sql } from 'drizzle-orm'

/**
 * Returned by a statement of its own, it has PostgreSQL confirm the row before the disk has it, as soon as every other
 * process may read it: what a crash of PostgreSQL itself, of all processes, would lose is what was written in the last
 * half second, and nothing that something later, which waited for the disk, stands on.
 */
export const notWaitedFor = sql<string>`set_config('synchronous_commit', 'off', true)`
