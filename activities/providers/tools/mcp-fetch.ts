import { fail } from '../../../shared/temporal/failure.ts'

/** What one call may take. A server that says more is cut off: it harms its own calls only. */
const limits = { bytes: 8_000_000, requests: 100 } as const

/** An answer that ended without what was asked for is not waited for; its last words may still be on the way to who asked. */
const brokenAfter = 500

export interface LimitedFetch {
  fetch: typeof fetch
  /** A call begins, and may take its share. To be told when it is over. */
  begin(): () => void
  /** To be told of each message that came. */
  heard(message: object): void
}

/**
 * `fetch` for one connection to an MCP server: so many requests and so many bytes for each call. `cut` is called with the
 * reason when there is more, or when an answer breaks off, of which the protocol's client says nothing.
 */
export function limitFetch(outbound: typeof fetch, cut: (reason: Error) => void): LimitedFetch {
  let underWay = 0
  let bytes = 0
  let requests = 0
  let most = { bytes: 0, requests: 0 }
  const unanswered = new Set<string | number>()

  const count = (size: number) => {
    bytes += size
    if (bytes > most.bytes)
      throw cutOff(`it sent more than ${limits.bytes / 1_000_000} MB, and was not listened to any longer`)
  }
  const cutOff = (reason: string): Error => {
    const failure = fail('ProviderRefused', `The MCP server was cut off: ${reason}.`)
    cut(failure)
    return failure
  }
  const ended = (id: string | number | undefined, canGoOn: boolean) => {
    if (canGoOn || id === undefined || !unanswered.has(id)) return
    setTimeout(() => {
      if (unanswered.has(id))
        cut(fail('ProviderBusy', 'The MCP server broke off in the middle of its answer.'))
    }, brokenAfter).unref()
  }

  return {
    begin: () => {
      underWay++
      // What calls before it left over is nobody's.
      most = {
        bytes: bytes + limits.bytes * underWay,
        requests: requests + limits.requests * underWay,
      }
      return () => underWay--
    },
    heard: (message) => {
      if ('id' in message && !('method' in message)) unanswered.delete(message.id as string | number)
    },
    fetch: async (input, init) => {
      const isGet = (init?.method ?? 'GET') === 'GET'
      // A stream for what nobody asked for: nothing here listens to it. One that goes on where an answer broke off is.
      if (isGet && !new Headers(init?.headers).has('last-event-id'))
        return new Response(null, { status: 405 })
      if (++requests > most.requests) throw cutOff(`it caused more than ${limits.requests} requests`)
      const id = askedBy(init?.body)
      if (id !== undefined) unanswered.add(id)
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
          flush: () => ended(id, canGoOn),
        }),
      )
      return new Response(counted, answer)
    },
  }
}

/** The id of a request that wants an answer; a notification, and an answer itself, want none. */
function askedBy(body: unknown): string | number | undefined {
  const message: object = typeof body === 'string' ? JSON.parse(body) : {}
  return 'method' in message && 'id' in message ? (message.id as string | number) : undefined
}
