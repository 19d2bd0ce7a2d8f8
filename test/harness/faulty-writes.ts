import type { SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type { Database } from '../../storage/sql/database.ts'

const dialect = new PgDialect()

/** What a step begins and ends with is written in a transaction, or in a single statement. */
const isWrite = (query: unknown): boolean =>
  /insert into "(journal|outcomes)"/.test(dialect.sqlToQuery(query as SQL).sql)

/** A database in whose place `before` may throw whenever a run's story is about to be written. */
export const withFaults = (db: Database, before: () => void): Database =>
  new Proxy(db, {
    get: (target, name) => {
      if (name === 'transaction')
        return async (...given: Parameters<Database['transaction']>) => {
          before()
          return target.transaction(...given)
        }
      if (name === 'execute')
        return async (query: Parameters<Database['execute']>[0]) => {
          if (isWrite(query)) before()
          return target.execute(query)
        }
      return Reflect.get(target, name)
    },
  })
