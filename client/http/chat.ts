import type { MessageReply } from '../../shared/contract/api/chat.ts'
import type { api } from '../../shared/contract/api/index.ts'
import { type FollowOptions, followStream } from './follow-stream.ts'
import type { Calls, Given, WriteOptions } from './routes.ts'
import type { Send } from './send.ts'
import type { RunEvent } from './shapes.ts'

type Api = typeof api
type Body = NonNullable<Given<Api['chat']['send']>['body']>

const sessions = '/api/runtime/wks/{workspaceId}/app/{appId}/chat/sessions'
const one = `${sessions}/{chatSessionId}` as const

export interface MessageOptions extends WriteOptions {
  /** Seconds, at most 60, to wait for what the turn replies; without it the message is just taken. */
  wait?: number | undefined
}

/** What people and backend services do with conversations. */
export function chatCalls({ call, fill }: Calls, send: Send) {
  const session = (chatSessionId: string, query?: Given<Api['chat']['get']>['query']) =>
    call<Api['chat']['get']>('get', one, { params: { chatSessionId }, query })

  /**
   * What happens in a conversation, in all its turns, from its beginning or behind `after`: reconnects by itself, without a
   * gap or a double. Ends when the signal aborts or the reader stops reading.
   */
  async function* sessionEvents(
    chatSessionId: string,
    options: FollowOptions = {},
  ): AsyncGenerator<RunEvent> {
    const open = async (lastEventId: string | undefined, signal: AbortSignal) =>
      send({
        method: 'GET',
        path: await fill(`${one}/stream`, { chatSessionId }),
        signal,
        headers: {
          accept: 'text/event-stream',
          ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        },
      })
    for await (const { id, event = 'message', data } of followStream(open, options))
      yield { ...(id === undefined ? {} : { id }), event, data: JSON.parse(data) } as RunEvent
  }

  return {
    /**
     * Says something in a conversation; the first message begins it, and names its `workflowId`. With `wait` it gives what
     * the turn replies when it ends in time, or asks for something; else follow `sessionEvents`.
     */
    sendMessage: (
      chatSessionId: string,
      body: Body,
      { wait, ...options }: MessageOptions = {},
    ): Promise<MessageReply> =>
      call<Api['chat']['send']>(
        'post',
        `${one}/messages`,
        {
          params: { chatSessionId },
          body,
          ...(wait ? { headers: { prefer: `wait=${wait}` } } : {}),
        },
        { ...options, ...(wait ? { timeout: wait * 1_000 + 30_000 } : {}) },
      ),

    session,
    /** The caller's own, the one spoken in last first. */
    sessions: (query?: Given<Api['chat']['list']>['query']) =>
      call<Api['chat']['list']>('get', sessions, { query }),

    /** Ends a conversation. The next message starts it anew. */
    endSession: (chatSessionId: string, options?: WriteOptions) =>
      call<Api['chat']['end']>('post', `${one}/end`, { params: { chatSessionId } }, options),

    /** Takes a message back that still waits for its turn. */
    removeMessage: (chatSessionId: string, messageId: string, options?: WriteOptions) =>
      call<Api['chat']['removeMessage']>(
        'delete',
        `${one}/messages/{messageId}`,
        { params: { chatSessionId, messageId } },
        options,
      ),

    sessionEvents,
  }
}
