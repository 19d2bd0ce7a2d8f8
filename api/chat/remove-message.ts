import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { findMessage } from '../../storage/sql/find-session.ts'
import type { Deps } from '../deps.ts'
import { asRefusal } from '../errors.ts'
import { mustFindSession } from './must-find-session.ts'
import { untilSeen } from './until-seen.ts'

/** Takes a message back that still waits for its turn. @throws Refusal `NotFound`, `NotOpen` */
export async function removeMessage(
  deps: Deps,
  caller: Caller,
  chatSessionId: string,
  messageId: string,
): Promise<undefined> {
  const find = () => mustFindSession(deps.db, caller, chatSessionId)
  const session = await find()
  if (!(await findMessage(deps.db, session, messageId)))
    throw new Refusal('NotFound', 'there is no such message')
  await deps
    .engine(caller)
    .removeMessage(chatSessionId, messageId)
    .catch((error: unknown) => {
      if (asRefusal(error)?.code !== 'NotRunning') throw error
      throw new Refusal('NotOpen', 'this message does not wait: the conversation has ended')
    })
  await untilSeen(async () => (await find()).view.queued.every((one) => one.messageId !== messageId))
  return undefined
}
