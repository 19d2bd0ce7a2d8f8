import { fail } from '../../../shared/temporal/failure.ts'
import { readLimited } from '../outbound/read-limited.ts'
import { retryAfter } from '../retry-after.ts'

/** No list of twenty results is larger. */
const mostBytes = 4_000_000

/** What the adapters of search providers have in common, and what is each one's own. */
export interface Engine {
  name: string
  /** What to do about a status, for who set the provider up; under 0, about no answer at all. */
  advice: Record<number, string>
  /** Values that must be in no message: some servers repeat what they were given. */
  secrets: string[]
  /** Milliseconds for one call, from request to last byte. */
  timeLimit: number
  /** Says of a refused call when it may be repeated, in milliseconds, or `never`: beside what HTTP has for that. */
  again?: (headers: Headers) => number | 'never' | undefined
}

/**
 * Sends one request to a search provider and gives the JSON it answers with. The operator chose the provider, so it may
 * stand on a private address; its answers are limited in time and size all the same.
 */
export async function askEngine(
  engine: Engine,
  url: URL,
  init: RequestInit,
  signal: AbortSignal,
): Promise<unknown> {
  const { answer, text, truncated } = await send(engine, url, init, signal)
  if (!answer.ok) throw refusal(engine, answer, text)
  if (truncated)
    throw fail('ProviderBusy', `${engine.name} sent more than ${mostBytes / 1_000_000} MB and was stopped.`)
  try {
    return JSON.parse(text)
  } catch {
    throw noResults(engine)
  }
}

async function send(engine: Engine, url: URL, init: RequestInit, signal: AbortSignal) {
  const deadline = AbortSignal.timeout(engine.timeLimit)
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.any([signal, deadline]) })
    return { answer, ...(await readLimited(answer, mostBytes)) }
  } catch (error) {
    if (signal.aborted) throw error
    if (deadline.aborted)
      throw fail('ProviderBusy', `${engine.name} did not answer within ${engine.timeLimit / 1_000} s.`)
    // The client's own words name addresses and ports, which are the operator's business.
    throw fail('ProviderBusy', `${engine.name} cannot be reached.${engine.advice[0] ?? ''}`)
  }
}

/** What came is no list of results. */
export const noResults = (engine: Engine) =>
  fail('ProviderBusy', `${engine.name} sent something that is no list of results.${engine.advice[0] ?? ''}`)

/** What is worth another try, and what is not. Source: HTTP semantics, and what the provider adds to them. */
function refusal(engine: Engine, { status, headers }: Response, body: string) {
  const said = wordsIn(body)
  const words = engine.secrets.reduce((text, secret) => text.replaceAll(secret, '[key]'), said)
  const message = `${engine.name} answered ${status}${words ? `: ${words}` : '.'}${engine.advice[status] ?? ''}`
  const again = engine.again?.(headers)
  const isPassing = status === 408 || status === 425 || status === 429 || status >= 500
  if (!isPassing || again === 'never') return fail('ProviderRefused', message)
  const pause = retryAfter(headers) ?? again
  return fail('ProviderBusy', message, pause === undefined ? {} : { retryAfter: pause })
}

/** What a person can read of an answer that says no: a message somewhere in JSON, or the words of a page. */
function wordsIn(body: string): string {
  let words: string
  try {
    words = messageIn(JSON.parse(body)) ?? ''
  } catch {
    words = body.replace(/<(style|script|title)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ')
  }
  const short = words.replace(/\s+/g, ' ').trim().slice(0, 300)
  return short && !/[.!?]$/.test(short) ? `${short}.` : short
}

function messageIn(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || depth > 3) return undefined
  const parts = value as Record<string, unknown>
  for (const name of Array.isArray(value) ? ['0'] : ['detail', 'error', 'message', 'msg']) {
    const found = messageIn(parts[name], depth + 1)
    if (found) return found
  }
  return undefined
}
