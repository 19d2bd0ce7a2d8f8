import { type AnyColumn, type SQL, sql } from 'drizzle-orm'
import type { ChatDriven } from '../../shared/contract/definition.ts'

type Triggers = NonNullable<(typeof ChatDriven)['_output']['triggers']>

/** The triggers of a definition, without the rest of it; null where it has none. */
export const triggersOf = (definition: AnyColumn): SQL<Triggers | null> =>
  sql<Triggers | null>`${definition} -> 'triggers'`
