import type { HandoffReturnBody } from '../../shared/contract/api/handoffs.ts'
import { type Caller, personIn } from '../../shared/contract/api/scope.ts'
import { idFrom } from '../../storage/id-from.ts'
import type { Deps } from '../deps.ts'
import type { Try } from '../once.ts'
import { mustBeOpen, mustFindHandoff } from './must-find-handoff.ts'

/** Hands a conversation back. @throws Refusal */
export async function returnHandoff(
  deps: Deps,
  caller: Caller,
  requestId: string,
  { note }: HandoffReturnBody,
  one: Try,
): Promise<{ requestId: string; chatSessionId: string }> {
  const handoff = await mustFindHandoff(deps.db, caller, requestId)
  const { chatSessionId, team, outcome, closedBy } = handoff
  const isDone = one.again && outcome === 'returned' && closedBy?.userId === caller.userId
  if (!isDone) {
    mustBeOpen(handoff)
    await deps
      .engine(caller)
      .returnHandoff(
        chatSessionId,
        { requestId, ...(note ? { note } : {}), by: personIn(caller, team) },
        { updateId: idFrom(`${one.seed}:return`) },
      )
    await deps.settled(caller.workspaceId, requestId)
  }
  return { requestId, chatSessionId }
}
