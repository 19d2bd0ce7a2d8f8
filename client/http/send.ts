import { randomUUID } from 'node:crypto'
import { backoff, pause } from './pause.ts'
import { HttpProblem, problemOf, unreachable } from './problem.ts'

export interface Origin {
  /** Where Parley is, for example `http://localhost:3000`. */
  baseUrl: string
  apiKey?: string | undefined
  fetch?: typeof fetch | undefined
}

export type Query = Record<string, string | number | boolean | undefined>

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  query?: Query | undefined
  /** Sent as JSON. */
  body?: unknown
  /** A body that is no JSON, made anew for each attempt. */
  stream?: { headers: Record<string, string>; open(): ReadableStream<Uint8Array> }
  headers?: Record<string, string> | undefined
  /** Made when left out; an empty one sends none, and then the write is not repeated. */
  idempotencyKey?: string | undefined
  signal?: AbortSignal | undefined
  /** Milliseconds until the answer's headers must be there; 0 waits for ever. */
  timeout?: number | undefined
}

export type Send = (call: Call) => Promise<Response>

const attempts = 4
const usualTimeout = 60_000
/** A server that asks for more patience than this is given up on: whoever called knows better what to do meanwhile. */
const longestWait = 30_000

/**
 * One request, repeated a few times where that is safe: reads, and writes with an Idempotency-Key (every write has one, but for the few that may not),
 * when nobody answered or the answer was 429 or 503.
 * @throws HttpProblem for everything but a 2xx
 */
export function createSend({ baseUrl, apiKey, fetch: doFetch = fetch }: Origin): Send {
  return async (call) => {
    const key = call.method === 'GET' ? undefined : (call.idempotencyKey ?? randomUUID())
    const isSafe = call.method === 'GET' || key !== ''
    const headers = {
      accept: 'application/json',
      ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
      ...(key ? { 'idempotency-key': key } : {}),
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.stream?.headers,
      ...call.headers,
    }
    const url = `${baseUrl}${call.path}${asQuery(call.query)}`
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(url, call, headers)
      } catch (error) {
        call.signal?.throwIfAborted()
        const problem = error instanceof HttpProblem ? error : unreachable(baseUrl, error)
        const wait = Math.max(problem.retryAfterMs ?? 0, backoff(attempt))
        if (!problem.passing || !isSafe || attempt >= attempts || wait > longestWait) throw problem
        await pause(wait, call.signal)
        call.signal?.throwIfAborted()
      }
    }
  }

  async function once(url: string, call: Call, headers: Record<string, string>): Promise<Response> {
    const late = new AbortController()
    const timeout = call.timeout ?? usualTimeout
    const timer =
      timeout > 0
        ? setTimeout(() => late.abort(new DOMException('late', 'TimeoutError')), timeout)
        : undefined
    try {
      const response = await doFetch(url, {
        method: call.method,
        headers,
        signal: call.signal ? AbortSignal.any([call.signal, late.signal]) : late.signal,
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        ...(call.stream ? { body: call.stream.open(), duplex: 'half' } : {}),
      } as RequestInit)
      if (!response.ok) throw await problemOf(response)
      return response
    } finally {
      clearTimeout(timer)
    }
  }
}

const asQuery = (query: Query = {}): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`
}

/** The JSON of an answer. Something that is no JSON is no Parley: the address is probably another server's. */
export async function readJson<T>(response: Response): Promise<T> {
  const text = await response.text()
  if (text === '') return undefined as T
  try {
    return JSON.parse(text) as T
  } catch (cause) {
    const detail = `${response.url} answered, but not as Parley does: is the address right?`
    throw new HttpProblem({ status: response.status, code: 'NotParley', detail, cause })
  }
}
