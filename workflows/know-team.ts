import { fail } from '../shared/temporal/failure.ts'
import { loadTeam } from './activities.ts'
import type { StepRun } from './step-run.ts'

/**
 * Learns who is in a team before it is asked for something, so that replies of any Temporal client can be judged on the
 * spot. @throws NotFound
 */
export async function knowTeam(run: StepRun, team: string): Promise<void> {
  const { workspaceId, appId } = run.state.ref
  const members = await loadTeam({ workspaceId, appId, team })
  if (!members)
    throw fail('NotFound', `This app has no team “${team}” any more: make it again, or name another one.`)
  run.desk.teams.set(team, members)
}
