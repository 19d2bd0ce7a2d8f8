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

/** Requests that name the caller, or one of their roles, as an approver. */
export const namesAsApprover = ({ userId, roles }: Caller): SQL =>
  sql`(${userId} = any(${requests.approverUsers}) or ${requests.approverRole} = any(${textArray(roles)}))`
