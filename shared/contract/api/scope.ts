import { z } from 'zod'
import type { Json } from '../json.ts'
import type { Person, Role } from '../person.ts'

/** An id of ours in a path, a query or a body. */
export const Id = z
  .guid({
    error: ({ input }) =>
      typeof input === 'string' ? `Invalid UUID string: ${input.slice(0, 100)}` : undefined,
  })
  .toLowerCase()

/** Text in a query: short, and without NUL, which PostgreSQL cannot take. */
export const QueryText = z
  .string()
  .max(200)
  .refine((text) => !text.includes('\u0000'), { abort: true, message: 'must not contain NUL' })

/** Any JSON. Bodies are read by a strict parser, so what comes here is JSON already: nothing is walked a second time. */
export const AnyJson: z.ZodType<Json> = z.any()

export const Time = z.iso.datetime()

/** Every route of a workspace names it and the app. */
export const scopeParams = { workspaceId: Id, appId: Id }
export const Scope = z.object(scopeParams)

export const runtime = '/api/runtime/wks/{workspaceId}/app/{appId}'
export const admin = '/api/admin/wks/{workspaceId}/app/{appId}'

/** Everybody who belongs to the workspace. */
export const anyone = ['member', 'builder', 'approver', 'admin', 'service'] as const satisfies readonly Role[]
export const builders = ['builder', 'admin'] as const satisfies readonly Role[]
export const admins = ['admin'] as const satisfies readonly Role[]

/** Who calls, in which workspace and app, with which roles there. Every question to storage carries it. */
export interface Caller {
  workspaceId: string
  appId: string
  userId: string
  name?: string
  roles: Role[]
  /** Names of the app's teams that they are in. */
  teams?: string[]
}

export const isAdmin = (caller: Caller): boolean => caller.roles.includes('admin')

/** The caller as `by` and `startedBy` name a person. */
export const personOf = ({ userId, name, roles }: Caller): Person => ({
  userId,
  ...(name ? { name } : {}),
  roles,
})

/** The caller as who acts for a team, where they are in it. */
export const personIn = (caller: Caller, team: string | undefined): Person => ({
  ...personOf(caller),
  ...(team && caller.teams?.includes(team) ? { teams: [team] } : {}),
})

/** Whether a team's work is open to a caller. */
export const isOfTeam = (caller: Caller, team: string): boolean =>
  isAdmin(caller) || (caller.teams?.includes(team) ?? false)
