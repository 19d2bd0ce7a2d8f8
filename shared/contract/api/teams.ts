import { z } from 'zod'
import { TeamFields, TeamName } from '../team.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { admin, admins, builders, Id, Scope, scopeParams, Time } from './scope.ts'
import { UserId } from './workspace.ts'

export const Team = z
  .object({
    teamId: Id,
    name: TeamName,
    /** User ids. */
    members: z.array(UserId),
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: 'Team' })
export type Team = z.infer<typeof Team>

const TeamParams = z.object({ ...scopeParams, teamId: Id })

export const teams = {
  list: route({
    name: 'listTeams',
    method: 'get',
    path: `${admin}/teams`,
    tag: 'Workspace',
    summary: 'Teams of the app, by name',
    access: builders,
    params: Scope,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of teams', body: pageOf(Team) },
  }),
  create: route({
    name: 'createTeam',
    method: 'post',
    path: `${admin}/teams`,
    tag: 'Workspace',
    summary: 'Makes a team of members of the workspace',
    access: admins,
    params: Scope,
    body: TeamFields,
    reply: { status: 201, description: 'Made', body: Team },
    problems: ['Conflict', 'Invalid'],
    idempotent: true,
  }),
  get: route({
    name: 'getTeam',
    method: 'get',
    path: `${admin}/teams/{teamId}`,
    tag: 'Workspace',
    summary: 'One team',
    access: builders,
    params: TeamParams,
    reply: { status: 200, description: 'The team', body: Team },
  }),
  replace: route({
    name: 'replaceTeam',
    method: 'put',
    path: `${admin}/teams/{teamId}`,
    tag: 'Workspace',
    summary: 'Replaces the name and the members of a team',
    description:
      'Workflows name a team by its name: under another one it is another team to those that are published.',
    access: admins,
    params: TeamParams,
    body: TeamFields,
    reply: { status: 200, description: 'The team', body: Team },
    problems: ['Conflict', 'Invalid'],
    idempotent: true,
  }),
  remove: route({
    name: 'deleteTeam',
    method: 'delete',
    path: `${admin}/teams/{teamId}`,
    tag: 'Workspace',
    summary: 'Deletes a team. What is open for it can be settled by admins',
    access: admins,
    params: TeamParams,
    reply: { status: 204, description: 'Deleted' },
  }),
}
