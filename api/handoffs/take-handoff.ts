import type { Handoff } from '../../shared/contract/api/handoffs.ts'
import { type Caller, personIn } from '../../shared/contract/api/scope.ts'
import { idFrom } from '../../storage/id-from.ts'
import { untilSeen } from '../chat/until-seen.ts'
import type { Deps } from '../deps.ts'
import type { Try } from '../once.ts'
import { mustBeOpen, mustFindHandoff } from './must-find-handoff.ts'

/** Takes a conversation. The workflow has the last word: of two at once, one has it. @throws Refusal */
export async function takeHandoff(deps: Deps, caller: Caller, requestId: string, one: Try): Promise<Handoff> {
  const find = () => mustFindHandoff(deps.db, caller, requestId)
  const handoff = await find()
  // A try that broke off may have taken it, and more may have happened since.
  if (!(one.again && handoff.takenBy?.userId === caller.userId)) {
    mustBeOpen(handoff)
    await deps
      .engine(caller)
      .takeHandoff(
        handoff.chatSessionId,
        { requestId, by: personIn(caller, handoff.team) },
        { updateId: idFrom(`${one.seed}:take`) },
      )
    await untilSeen(async () => (await find()).takenBy !== null)
  }
  const { closedAt: _, closedBy: __, outcome: ___, ...shown } = await find()
  return shown
}
