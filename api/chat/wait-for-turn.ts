import type { Request } from 'express'
import type { MessageReply } from '../../shared/contract/api/chat.ts'
import type { Message } from '../../shared/contract/api/instances.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { apply, emptyView, type JournalEntry, type RunView } from '../../shared/contract/journal.ts'
import type { JournalRow } from '../../storage/sql/read-journal.ts'
import type { Deps } from '../deps.ts'
import type { Sent } from './send-message.ts'

const longest = 60

/** Milliseconds that `Prefer: wait=N` asks for; 0 where it does not. @throws Refusal `Malformed` */
export function waitOf(req: Pick<Request, 'headers'>): number {
  const given = [req.headers.prefer ?? []].flat().join(',')
  const wait = given
    .split(',')
    .map((part) => /^\s*wait\s*=\s*"?([^"\s;]*)"?\s*(;.*)?$/i.exec(part)?.[1])
    .find((seconds) => seconds !== undefined)
  if (wait === undefined) return 0
  if (!/^\d{1,4}$/.test(wait))
    throw new Refusal('Malformed', 'Prefer: wait is a number of seconds, at most 60')
  return Math.min(Number(wait), longest) * 1_000
}

/**
 * What a turn replies to a message, once it is over or asks for something, by listening to its journal; undefined when
 * that takes longer than `within` milliseconds, or the caller has gone.
 */
export function waitForTurn(
  { live }: Deps,
  { session, taken, since }: Sent,
  { within, gone }: { within: number; gone: AbortSignal },
): Promise<Omit<MessageReply, 'chatSessionId' | 'messageId' | 'instanceUuid'> | undefined> {
  const { instanceUuid, messageId } = taken
  const replies: Message[] = []
  let suggestions: string[] = []
  let view: RunView = emptyView
  // Of an answered question: what follows it, and not what stood there before.
  let isHeard = taken.status !== 'answered'
  // The end of the conversation before this one may be told behind the message.
  let isTold = false
  return new Promise((resolve) => {
    const done = (reply?: Awaited<ReturnType<typeof waitForTurn>>) => {
      clearTimeout(timer)
      gone.removeEventListener('abort', stop)
      leave()
      resolve(reply)
    }
    const stop = () => done()
    const timer = setTimeout(stop, within)
    const row = ({ instanceUuid: of, event, data, at }: JournalRow) => {
      isTold ||= data.messageId === messageId || of === instanceUuid
      if (event === 'sessionEnded' && isTold) return stop()
      if (event === 'message' && data.messageId === messageId) isHeard = true
      if (of !== instanceUuid && !event.startsWith('request')) return
      const time = at.toISOString()
      view = apply(view, { ...data, event, at: time } as JournalEntry, of)
      if (event === 'message' && data.role !== 'user' && isHeard)
        replies.push({ ...(data as Omit<Message, 'at'>), at: time })
      if (event === 'suggestions' && isHeard) suggestions = data.items as string[]
      const isOver = view.finishedAt !== null
      const asks = isHeard && view.requests.length > 0
      if (of === instanceUuid ? isOver || asks : asks)
        done({
          status: view.status,
          replies,
          suggestions,
          requests: view.requests,
          error: view.error,
        })
    }
    const leave = live.read(session.workspaceId, session.chatSessionId, since, {
      row,
      piece: () => {},
      live: () => {},
      isFull: () => false,
      drained: async () => {},
      fail: stop,
    })
    gone.addEventListener('abort', stop)
  })
}
