import type { MessageReply } from '../../shared/contract/api/chat.ts'
import type { api } from '../../shared/contract/api/index.ts'
import type { Asked } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { sendMessage } from './send-message.ts'
import { waitForTurn, waitOf } from './wait-for-turn.ts'

/** Sends a message; who prefers to wait gets what its turn replies, where it does in time. @throws Refusal */
export async function replyTo(
  deps: Deps,
  { caller, params, body, one, req, res, answerAs }: Asked<typeof api.chat.send>,
): Promise<MessageReply> {
  const within = waitOf(req)
  const { chatSessionId } = params
  const sent = await sendMessage(deps, caller, chatSessionId, body, one)
  const accepted: MessageReply = { chatSessionId, ...sent.taken }
  // A person answers when they have time.
  if (within === 0 || sent.taken.status === 'passedOn') return accepted
  const gone = new AbortController()
  res.once('close', () => gone.abort())
  const reply = await waitForTurn(deps, sent, { within, gone: gone.signal })
  if (!reply) return accepted
  answerAs(200)
  return { ...accepted, ...reply }
}
