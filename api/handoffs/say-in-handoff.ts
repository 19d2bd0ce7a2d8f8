import type { HandoffMessageBody } from '../../shared/contract/api/handoffs.ts'
import { type Caller, personIn } from '../../shared/contract/api/scope.ts'
import { idFrom } from '../../storage/id-from.ts'
import { findMessage } from '../../storage/sql/find-session.ts'
import { withFiles } from '../chat/send-message.ts'
import { untilSeen } from '../chat/until-seen.ts'
import type { Deps } from '../deps.ts'
import type { Try } from '../once.ts'
import { mustBeOpen, mustFindHandoff } from './must-find-handoff.ts'

/** Says something to the user, as who took the conversation. @throws Refusal */
export async function sayInHandoff(
  deps: Deps,
  caller: Caller,
  requestId: string,
  { text, fileIds = [] }: HandoffMessageBody,
  one: Try,
): Promise<{ requestId: string; chatSessionId: string; messageId: string }> {
  const handoff = await mustFindHandoff(deps.db, caller, requestId)
  const { chatSessionId, team } = handoff
  const messageId = idFrom(`${one.seed}:message`)
  const said = { requestId, chatSessionId, messageId }
  const session = { workspaceId: caller.workspaceId, chatSessionId }
  const isSaid = async () => (await findMessage(deps.db, session, messageId)) !== undefined
  // A try that broke off may have said it, and the conversation may be handed back by now.
  if (one.again && (await isSaid())) return said
  mustBeOpen(handoff)
  const { attachments } = await withFiles(deps, caller, { fileIds })
  await deps
    .engine(caller)
    .sayInHandoff(
      chatSessionId,
      { requestId, messageId, text, ...(attachments ? { attachments } : {}), by: personIn(caller, team) },
      { updateId: messageId },
    )
  await untilSeen(isSaid)
  return said
}
