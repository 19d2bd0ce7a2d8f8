import { type SQL, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { notWaitedFor } from './not-waited-for.ts'
import type { Beside } from './write-rows.ts'

/** Rows that may wait for the next statement of the same work. */
export interface OwedRow {
  /** Common table expressions, without their `with`, that write nothing unless `onlyIf` holds. `name` is free for one of them. */
  written: (onlyIf: SQL, name: SQL) => SQL
  /** What must have come of it: without it nothing of what follows is written. */
  isNeeded?: SQL
}

/**
 * What was done, and is still to be written down before anything is made of it: with the next thing that is written, as a
 * rule, which saves a question. Written twice, it is there once.
 */
export class OwedRows {
  private rows: OwedRow[] = []

  add(row: OwedRow): void {
    this.rows.push(row)
  }

  /** Has a write take along all that is owed. What comes back with an error is owed still. */
  async along<T>(write: (rows: OwedRow[]) => Promise<T>): Promise<T> {
    const taken = [...this.rows]
    const given = await write(taken)
    this.rows = this.rows.filter((row) => !taken.includes(row))
    return given
  }

  /** Writes what is owed by itself. */
  async write(db: Database): Promise<void> {
    if (this.rows.length === 0) return
    await this.along((rows) =>
      db.execute(sql`with ${sql.join(partsOf(rows, sql`true`), sql`, `)} select ${notWaitedFor}`),
    )
  }
}

/** What is written beside something else, behind what is owed. */
export function besideOwed<T>(rows: OwedRow[], own: Beside<T>): Beside<T> {
  if (rows.length === 0) return own
  const needed = rows.flatMap(({ isNeeded }) => isNeeded ?? [])
  const all = [...needed, ...(own.isNeeded ? [own.isNeeded] : [])]
  return {
    written: (onlyIf) =>
      sql.join([...partsOf(rows, onlyIf), own.written(sql.join([onlyIf, ...needed], sql` and `))], sql`, `),
    gives: own.gives,
    ...(all.length > 0 ? { isNeeded: sql.join(all, sql` and `) } : {}),
  }
}

const partsOf = (rows: OwedRow[], onlyIf: SQL): SQL[] =>
  rows.map(({ written }, number) => written(onlyIf, sql.raw(`owed_${number}`)))
