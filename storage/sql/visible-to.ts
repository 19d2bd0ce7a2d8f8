import { type SQL, sql } from 'drizzle-orm'
import { type Caller, isAdmin } from '../../shared/contract/api/scope.ts'
import { instances, requests } from './schema.ts'

export const textArray = (texts: readonly string[]): SQL =>
  sql`array[${sql.join(
    texts.map((text) => sql`${text}`),
    sql`, `,
  )}]::text[]`

/** Runs of the app that a caller may read: their own, for admins all, and those that name them as an approver. */
export const visibleTo = (caller: Caller): SQL => {
  const here = sql`${instances.workspaceId} = ${caller.workspaceId} and ${instances.appId} = ${caller.appId}`
  if (isAdmin(caller)) return sql`(${here})`
  return sql`(${here} and (${instances.startedById} = ${caller.userId} or exists (
    select from ${requests} where ${requests.instanceUuid} = ${instances.instanceUuid} and ${namesAsApprover(caller)})))`
}

/** Requests that name the caller, one of their roles or a team of theirs: as an approver, or to talk with the user. */
export const namesAsApprover = ({ userId, roles, teams = [] }: Caller): SQL =>
  sql`(${userId} = any(${requests.approverUsers}) or ${requests.approverRole} = any(${textArray(roles)})
    or ${requests.approverTeam} = any(${textArray(teams)}))`
