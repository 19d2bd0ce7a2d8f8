import { fail } from '../../../shared/temporal/failure.ts'

/** What one connection may take. A server that says more is cut off: it harms its own call only. */
const limits = { bytes: 8_000_000, requests: 100 } as const

/** An answer that ended without what was asked for is not waited for; its last words may still be on the way to who asked. */
const brokenAfter = 500

export interface LimitedFetch {
  fetch: typeof fetch
  /** To be told of each message that came. */
  heard(message: object): void
}

/**
 * `fetch` for one connection to an MCP server: so many requests, so many bytes in all. `cut` is called with the reason
 * when there is more, or when an answer breaks off, of which the protocol's client says nothing.
 */
export function limitFetch(outbound: typeof fetch, cut: (reason: Error) => void): LimitedFetch {
  let bytes = 0
  let requests = 0
  // One request follows on the other's answer: so these two are equal when nothing is waited for.
  let asked = 0
  let answered = 0

  const count = (size: number) => {
    bytes += size
    if (bytes > limits.bytes)
      throw cutOff(`it sent more than ${limits.bytes / 1_000_000} MB, and was not listened to any longer`)
  }
  const cutOff = (reason: string): Error => {
    const failure = fail('ProviderRefused', `The MCP server was cut off: ${reason}.`)
    cut(failure)
    return failure
  }
  const ended = (turn: number, canGoOn: boolean) => {
    if (canGoOn || turn <= answered) return
    setTimeout(() => {
      if (turn > answered) cut(fail('ProviderBusy', 'The MCP server broke off in the middle of its answer.'))
    }, brokenAfter).unref()
  }

  return {
    heard: (message) => {
      if ('id' in message && !('method' in message)) answered++
    },
    fetch: async (input, init) => {
      const isGet = (init?.method ?? 'GET') === 'GET'
      // A stream for what nobody asked for: nothing here listens to it. One that goes on where an answer broke off is.
      if (isGet && !new Headers(init?.headers).has('last-event-id'))
        return new Response(null, { status: 405 })
      if (++requests > limits.requests) throw cutOff(`it caused more than ${limits.requests} requests`)
      const turn = asks(init?.body) ? ++asked : 0
      const answer = await outbound(input, init)
      if (!answer.body) return answer
      let canGoOn = false
      const counted = answer.body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform: (piece, controller) => {
            count(piece.length)
            // An event with an id can be asked for again, so a stream that had one may go on.
            canGoOn ||= /(^|\n)id:/.test(Buffer.from(piece).toString('latin1'))
            controller.enqueue(piece)
          },
          flush: () => ended(turn, canGoOn),
        }),
      )
      return new Response(counted, answer)
    },
  }
}

/** Whether a body is a request that wants an answer, no notification and no answer itself. */
function asks(body: unknown): boolean {
  const message: object = typeof body === 'string' ? JSON.parse(body) : {}
  return 'method' in message && 'id' in message
}
