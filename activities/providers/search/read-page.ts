import { kindOf } from '../../../shared/temporal/failure.ts'
import {
  type PageAnswer,
  type ReadingLimits,
  type ReadText,
  readPageText,
} from '../../../storage/text/read-text.ts'
import { readLimitedBytes } from '../outbound/read-limited.ts'

export type PageText = { ok: true; text: string; truncated: boolean } | { ok: false; reason: string }

/** Why a page could not be read; `isPassing` where another try may do better. */
interface Unread {
  ok: false
  reason: string
  isPassing?: true
}

/** A page with more is no reading matter. */
const pageBytes = 10_000_000
/** Of its text, as much as several pages together leave room for in a prompt. */
const mostTextBytes = 64 * 1024
/** Kinds of content that hold no text: not even fetched. */
const noText = /^(image|audio|video|font|model)\/|^application\/(octet-stream|wasm|x-|gzip|vnd\.ms-)/

/** Fetches a page through the guarded client and reads its text. Rejects only when `signal` is aborted. */
export async function readPage(
  outbound: typeof fetch,
  url: string,
  signal: AbortSignal,
  timeLimit = 15_000,
): Promise<PageText> {
  const read = await readWholePage(outbound, url, signal, { timeLimit })
  return read.ok ? shortened(read) : { ok: false, reason: read.reason }
}

/** The same, with all of its text that the limits allow, whatever kind of document it is. */
export async function readWholePage(
  outbound: typeof fetch,
  url: string,
  signal: AbortSignal,
  limits: ReadingLimits & { timeLimit: number; mostBytes?: number },
): Promise<Extract<ReadText, { ok: true }> | Unread> {
  const fetched = await fetchPage(outbound, url, signal, limits)
  if ('reason' in fetched) return fetched
  const read = await readPageText(fetched, signal, limits)
  if (read.ok) return read
  return { ok: false, reason: reasons[read.code], ...(read.code === 'TooSlow' ? { isPassing: true } : {}) }
}

async function fetchPage(
  outbound: typeof fetch,
  url: string,
  signal: AbortSignal,
  { timeLimit, mostBytes = pageBytes }: { timeLimit: number; mostBytes?: number },
): Promise<PageAnswer | Unread> {
  const deadline = AbortSignal.timeout(timeLimit)
  try {
    const answer = await outbound(url, {
      headers: {
        accept: 'text/html,application/xhtml+xml,application/pdf;q=0.9,text/plain;q=0.8,*/*;q=0.1',
        'user-agent': 'Mozilla/5.0 (compatible; Parley)',
      },
      signal: AbortSignal.any([signal, deadline]),
    })
    const type = answer.headers.get('content-type') ?? ''
    const mediaType = type.split(';')[0]?.trim().toLowerCase() ?? ''
    const isWanted = answer.ok && !noText.test(mediaType)
    if (!isWanted) await answer.body?.cancel()
    if (!answer.ok) return unread(`the server answered ${answer.status}`, mayPass(answer.status))
    if (!isWanted) return unread(`it is ${mediaType}, which holds no text`)
    const { bytes, truncated } = await readLimitedBytes(answer, mostBytes)
    if (truncated) return unread(`it has more than ${mostBytes / 1_000_000} MB`)
    return { bytes, mediaType, charset: /charset="?([\w:.-]+)/i.exec(type)?.[1] }
  } catch (error) {
    signal.throwIfAborted()
    if (deadline.aborted) return unread(`it did not come within ${timeLimit / 1_000} s`, true)
    const refused = kindOf(error)?.message
    return unread(refused ?? 'the server cannot be reached', refused === undefined)
  }
}

const unread = (reason: string, isPassing = false): Unread => ({
  ok: false,
  reason,
  ...(isPassing ? { isPassing } : {}),
})

const mayPass = (status: number) => status === 408 || status === 425 || status === 429 || status >= 500

const reasons: Record<Extract<ReadText, { ok: false }>['code'], string> = {
  Damaged: 'it could not be read: what came is damaged or ends too early',
  Empty: 'it is empty',
  Locked: 'it is protected with a password',
  Misnamed: 'it is not what the server says it is',
  NoText: 'it has no text',
  TooLarge: 'reading it takes too much memory',
  TooSlow: 'reading it takes too long',
  Unsupported: 'it is of a kind that cannot be read',
}

function shortened({ text, truncated }: { text: string; truncated: boolean }): PageText {
  const bytes = Buffer.from(text)
  if (bytes.length <= mostTextBytes) return { ok: true, text, truncated }
  // `stream` leaves out a character that was cut in two.
  const short = new TextDecoder().decode(bytes.subarray(0, mostTextBytes), { stream: true })
  return { ok: true, text: short, truncated: true }
}
