import type { BulkBody, BulkReply } from '../../shared/contract/api/chat.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { faultFields } from '../../shared/log.ts'
import { idFrom } from '../../storage/id-from.ts'
import { pageOfSessions } from '../../storage/sql/list-sessions.ts'
import { refOfSession, type SessionRow } from '../../storage/sql/lock-session.ts'
import { writeSession } from '../../storage/sql/write-session.ts'
import type { Deps } from '../deps.ts'
import { asRefusal } from '../errors.ts'
import type { Try } from '../once.ts'
import { endSession } from './end-session.ts'

const atOnce = 20

/** What was asked for was done, or there was nothing to do. @throws Refusal */
type Act = (order: Order) => Promise<'done' | 'skipped'>

interface Order {
  deps: Deps
  caller: Caller
  session: SessionRow
  body: BulkBody
  seed: string
}

const acts = {
  end: async ({ deps, caller, session }) => {
    if (session.status === 'ended') return 'skipped'
    await endSession(deps, caller, session.chatSessionId)
    return 'done'
  },
  cancel: async ({ deps, caller, session }) => {
    try {
      await deps.engine(caller).cancelTurn(session.chatSessionId)
      return 'done'
    } catch (error) {
      if (asRefusal(error)?.code !== 'NotRunning') throw error
      return 'skipped'
    }
  },
  // To the people in it: no turn answers it, so its workflow has nothing to know.
  message: async ({ deps, session, body: { text = '' }, seed }) => {
    if (session.status === 'ended') return 'skipped'
    const messageId = idFrom(`${seed}:${session.chatSessionId}`)
    await writeSession(deps.db, refOfSession(session), session.chatSessionId, [
      {
        event: 'message',
        key: `told:${messageId}`,
        messageId,
        role: 'system',
        text,
        attachments: [],
        at: new Date().toISOString(),
      },
    ])
    return 'done'
  },
} satisfies Record<BulkBody['action'], Act>

/** Does the same in many conversations of the app. One that cannot be helped keeps no other waiting. @throws Refusal */
export async function actOnSessions(
  deps: Deps,
  caller: Caller,
  body: BulkBody,
  { seed }: Try,
): Promise<BulkReply> {
  const { action, text: _, chatSessionIds, limit, cursor, ...query } = body
  // Who names them hears of each that there is none; a query means those that are live.
  const ask = chatSessionIds
    ? { chatSessionIds, limit: chatSessionIds.length }
    : { status: 'open' as const, ...query, limit, cursor }
  const { items: found, nextCursor } = await pageOfSessions(deps.db, caller, ask)
  const reply: BulkReply = { done: 0, skipped: 0, failed: [], nextCursor }
  const fail = (chatSessionId: string, { code, message }: Refusal) =>
    void reply.failed.push({ chatSessionId, code, message })
  const known = new Set(found.map(({ chatSessionId }) => chatSessionId))
  for (const id of new Set(chatSessionIds))
    if (!known.has(id)) fail(id, new Refusal('NotFound', 'there is no such conversation'))
  const act = async (session: SessionRow) => {
    try {
      reply[await acts[action]({ deps, caller, session, body, seed })]++
    } catch (error) {
      const refusal = asRefusal(error)
      if (!refusal)
        deps.log.error({ ...faultFields(error), chatSessionId: session.chatSessionId }, 'unforeseen')
      fail(session.chatSessionId, refusal ?? new Refusal('Internal', 'something went wrong on our side'))
    }
  }
  for (let at = 0; at < found.length; at += atOnce) await Promise.all(found.slice(at, at + atOnce).map(act))
  return reply
}
