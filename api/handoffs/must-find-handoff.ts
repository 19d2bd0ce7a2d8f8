import { type Caller, isOfTeam } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Database } from '../../storage/sql/database.ts'
import { findHandoff, type HandoffRow } from '../../storage/sql/handoffs.ts'
import { must } from '../runs/must-read.ts'

/** A handoff to a team that the caller is in. @throws Refusal `NotFound`, `Forbidden` */
export async function mustFindHandoff(db: Database, caller: Caller, requestId: string): Promise<HandoffRow> {
  const handoff = must(await findHandoff(db, caller, requestId), 'handoff')
  if (!isOfTeam(caller, handoff.team))
    throw new Refusal('Forbidden', `this conversation was handed to the team "${handoff.team}"`)
  return handoff
}

/** @throws Refusal `NotOpen` with what became of it */
export function mustBeOpen({ closedAt, closedBy, outcome }: HandoffRow): void {
  if (!closedAt) return
  const at = closedAt.toISOString()
  if (outcome === 'returned')
    throw new Refusal('NotOpen', `${closedBy?.name ?? closedBy?.userId} has handed it back at ${at}`)
  throw new Refusal(
    'NotOpen',
    outcome === 'expired'
      ? `nobody took it in time: it expired at ${at}`
      : `its turn is over since ${at}: ${outcome}`,
  )
}
