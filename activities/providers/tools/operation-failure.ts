import type { Operation } from '../../../shared/contract/integration.ts'
import { fail } from '../../../shared/temporal/failure.ts'
import { readLimited } from '../outbound/read-limited.ts'
import type { Redactor } from './redact.ts'

/** A server's words, as far as they are read and shown. */
const wordsRead = 4_000
const wordsShown = 500

/** Seconds or a date of `Retry-After` in milliseconds, five minutes at most. */
export function pauseOf(headers: Headers): number | undefined {
  const given = headers.get('retry-after')
  if (given === null) return undefined
  const pause = /^\d+$/.test(given.trim()) ? Number(given) * 1_000 : Date.parse(given) - Date.now()
  return Number.isFinite(pause) ? Math.min(Math.max(pause, 0), 300_000) : undefined
}

/**
 * An answer that is no good one. 429 and 503 say that nothing was done, so they are always worth another try; other
 * faults of the server are, where asking twice does no harm.
 */
export async function refusedBy(answer: Response, operation: Operation, redactor: Redactor): Promise<Error> {
  const { status, headers } = answer
  const { text } = await readLimited(answer, wordsRead).catch(() => ({ text: '' }))
  const words = redactor
    .text(text)
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, wordsShown)
    .toWellFormed()
    .replaceAll('\u0000', '')
  const said = `It answered ${status}${words ? `: ${words}` : '.'}`
  const isServerFault = status >= 500 || status === 408
  if (status === 429 || status === 503 || (isServerFault && operation.repeatable)) {
    const pause = pauseOf(headers)
    return fail('ProviderBusy', said, pause === undefined ? {} : { retryAfter: pause })
  }
  if (isServerFault) return fail('ToolFailed', `${said} ${notRepeated(operation)}`)
  return fail('ToolFailed', `${said}${advice[status] ?? ''}`)
}

const advice: Record<number, string> = {
  401: ' Check the headers of the integration, and the secret they name.',
  403: ' Check the headers of the integration, and the secret they name.',
}

/** Faults of a connection that never stood: nothing was sent. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT)$/
const untrusted = /^(CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_SSL_|EPROTO$)/

/** What broke on the way, by whether it is known that nothing was done. `late`: the time that ran out, in milliseconds. */
export function afterSending(error: unknown, operation: Operation, late: number | undefined): Error {
  const codes = codesOf(error)
  const bad = codes.find((code) => untrusted.test(code))
  if (bad)
    return fail('ToolFailed', `The connection to it is not safe (${bad}): its certificate has to be trusted.`)
  if (codes.some((code) => neverSent.test(code))) return fail('ProviderBusy', 'It cannot be reached.')
  const what =
    late === undefined ? 'The connection to it broke.' : `It did not answer within ${late / 1_000} s.`
  return operation.repeatable
    ? fail('ProviderBusy', what)
    : fail('ToolFailed', `${what} ${notRepeated(operation)}`)
}

const notRepeated = ({ method }: Operation) =>
  `Whether it did its work is not known, so this ${method} is not sent again: look there. Where asking twice does no harm, set "repeatable" for the operation.`

/** The codes of an error and of what it was caused by. */
function codesOf(error: unknown, depth = 0): string[] {
  if (typeof error !== 'object' || error === null || depth > 5) return []
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown }
  const inner = [cause, ...(Array.isArray(errors) ? errors : [])]
  return [...(typeof code === 'string' ? [code] : []), ...inner.flatMap((one) => codesOf(one, depth + 1))]
}
