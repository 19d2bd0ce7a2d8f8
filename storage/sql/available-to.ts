import { type SQL, sql } from 'drizzle-orm'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { versions } from './schema.ts'
import { textArray } from './visible-to.ts'

/** Whether a published version is available to a caller: to everyone, to one of their roles or teams, or to them by name. */
export const availableTo = ({ userId, roles, teams = [] }: Caller): SQL<boolean> => {
  const availability = sql`${versions.definition} -> 'availableTo'`
  return sql<boolean>`(${availability} is null or ${availability} ->> 'everyone' = 'true'
    or coalesce(${availability} -> 'roles' ?| ${textArray(roles)}, false)
    or coalesce(${availability} -> 'teams' ?| ${textArray(teams)}, false) or coalesce(${availability} -> 'users' ? ${userId}, false))`
}
