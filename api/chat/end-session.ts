import type { Caller } from '../../shared/contract/api/scope.ts'
import { closeSession } from '../../storage/sql/close-session.ts'
import type { SessionRow } from '../../storage/sql/lock-session.ts'
import type { Deps } from '../deps.ts'
import { asRefusal } from '../errors.ts'
import { mustFindSession } from './must-find-session.ts'
import { untilSeen } from './until-seen.ts'

/** Ends a conversation; one that has ended stays so. @throws Refusal `NotFound` */
export async function endSession(
  deps: Deps,
  caller: Caller,
  chatSessionId: string,
): Promise<{ chatSessionId: string; status: SessionRow['status'] }> {
  const find = () => mustFindSession(deps.db, caller, chatSessionId)
  const session = await find()
  if (session.status === 'ended') return { chatSessionId, status: 'ended' }
  try {
    await deps.engine(caller).endSession(chatSessionId)
    await untilSeen(async () => (await find()).status === 'ended')
  } catch (error) {
    if (asRefusal(error)?.code !== 'NotRunning') throw error
    // Temporal runs nothing for it: what its workflow would have written is written here.
    await closeSession(deps.db, session, 'ended')
  }
  return { chatSessionId, status: (await find()).status }
}
