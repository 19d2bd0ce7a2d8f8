import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { backoff, pause } from './pause.ts'
import { HttpProblem, unreachable } from './problem.ts'

export interface FollowOptions {
  /** The id of the last event that is known already: the stream goes on behind it. */
  after?: string | number | undefined
  signal?: AbortSignal | undefined
  /** Called once when the stream broke and did not come back at once. */
  onLost?: ((why: HttpProblem) => void) | undefined
  /** Called when a stream that was lost is there again. */
  onBack?: (() => void) | undefined
  /** Milliseconds without a byte after which a connection counts as dead. The server sends a comment every 15 s. */
  silence?: number | undefined
}

export type OpenStream = (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>

/** Between a stream's end and the next attempt, until the server says otherwise by `retry:`. */
const usualRetry = 500

/**
 * The events of an SSE stream, over as many connections as it takes: each goes on behind the last id seen, so nothing is
 * missing, and what comes again is dropped. Events without an id (a text as it is being written) are passed on as they come.
 * Ends when the signal aborts.
 * @throws HttpProblem when the server refuses for a reason that waiting does not cure
 */
export async function* followStream(
  open: OpenStream,
  options: FollowOptions = {},
): AsyncGenerator<EventSourceMessage> {
  const { signal, silence = 45_000 } = options
  let lastId = options.after === undefined ? undefined : String(options.after)
  let retry = usualRetry
  let failures = 0
  while (!signal?.aborted) {
    const connection = new AbortController()
    let asked: number | undefined
    try {
      const response = await open(
        lastId,
        signal ? AbortSignal.any([signal, connection.signal]) : connection.signal,
      )
      if (failures > 0) options.onBack?.()
      failures = 0
      if (!response.body) return
      const told = (milliseconds: number) => {
        retry = milliseconds
      }
      for await (const message of messagesOf(response.body, silence, () => connection.abort(), told)) {
        if (isKnown(message.id, lastId)) continue
        if (message.id !== undefined) lastId = message.id
        yield message
      }
    } catch (error) {
      if (signal?.aborted) return
      const problem = error instanceof HttpProblem ? error : unreachable('the event stream', error)
      if (problem.status > 0 && problem.status < 500 && !problem.passing) throw problem
      asked = problem.retryAfterMs
      failures += 1
      if (failures === 1) options.onLost?.(problem)
    } finally {
      connection.abort()
    }
    await pause(Math.max(asked ?? 0, failures > 0 ? backoff(failures, retry) : retry), signal)
  }
}

/** Ids are the journal's numbers and rise: an event at or below the last one was given already. */
function isKnown(id: string | undefined, lastId: string | undefined): boolean {
  if (id === undefined || lastId === undefined) return false
  const [one, last] = [Number(id), Number(lastId)]
  return Number.isFinite(one) && Number.isFinite(last) ? one <= last : id === lastId
}

async function* messagesOf(
  body: ReadableStream<Uint8Array>,
  silence: number,
  onSilence: () => void,
  onRetry: (milliseconds: number) => void,
): AsyncGenerator<EventSourceMessage> {
  let ready: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (message) => ready.push(message), onRetry })
  const decoder = new TextDecoder()
  const watchdog = setTimeout(onSilence, silence)
  try {
    for await (const chunk of body) {
      watchdog.refresh()
      parser.feed(decoder.decode(chunk, { stream: true }))
      const messages = ready
      ready = []
      yield* messages
    }
  } finally {
    clearTimeout(watchdog)
  }
}
