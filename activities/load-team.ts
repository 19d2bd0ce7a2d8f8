import { findTeamMembers } from '../storage/sql/teams.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { unavailable } from './unavailable.ts'

/** User ids of a team's members; null when the app has no such team. Reads only, so it may be a local activity. */
export const loadTeam =
  ({ db }: Pick<Deps, 'db'>) =>
  ({
    workspaceId,
    appId,
    team,
  }: {
    workspaceId: string
    appId: string
    team: string
  }): Promise<string[] | null> =>
    findTeamMembers(db, { workspaceId, appId }, team).then(
      (members) => members ?? null,
      (error: unknown) => {
        throw unavailable(error) ?? faultOfOurs(error)
      },
    )
