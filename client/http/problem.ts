import type { InputProblem } from '../../shared/contract/errors.ts'

/** What `code` and `status` of a problem are when no answer came at all. */
const noAnswer = { status: 0, code: 'Unreachable' } as const

export interface ProblemFields {
  status: number
  code: string
  detail: string
  errors?: InputProblem[] | undefined
  requestId?: string | undefined
  /** How long the server asked to wait before the next attempt. */
  retryAfterMs?: number | undefined
  cause?: unknown
}

/**
 * Everything that is not a 2xx: an RFC 9457 answer of Parley's, or no answer at all (`status` 0, code `Unreachable`).
 * `detail` is one sentence for people; `errors` says which fields of the input are wrong.
 */
export class HttpProblem extends Error {
  override name = 'HttpProblem'
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors: InputProblem[]
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined

  constructor({ status, code, detail, errors, requestId, retryAfterMs, cause }: ProblemFields) {
    super(detail, cause === undefined ? undefined : { cause })
    this.status = status
    this.code = code
    this.detail = detail
    this.errors = errors ?? []
    this.requestId = requestId
    this.retryAfterMs = retryAfterMs
  }

  /** Whether the same request can succeed a little later: nobody answered, or the answer was "not now". */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 503
  }
}

/** The problem that a response tells of, also when something between here and Parley answered in its own words. */
export async function problemOf(response: Response): Promise<HttpProblem> {
  const text = await response.text().catch(() => '')
  const body = asObject(text)
  const requestId = body.requestId ?? response.headers.get('x-request-id')
  return new HttpProblem({
    status: response.status,
    code: typeof body.code === 'string' ? body.code : `Http${response.status}`,
    detail: detailOf(body) ?? `The server answered ${response.status} ${response.statusText}`.trim(),
    errors: Array.isArray(body.errors) ? (body.errors as InputProblem[]) : undefined,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    retryAfterMs: retryAfter(response.headers.get('retry-after')),
  })
}

export function unreachable(baseUrl: string, cause: unknown): HttpProblem {
  return new HttpProblem({
    ...noAnswer,
    detail: `Nothing answers at ${baseUrl} (${reasonOf(cause)}).`,
    cause,
  })
}

const detailOf = ({ detail, title }: Record<string, unknown>): string | undefined =>
  [detail, title].find((one) => typeof one === 'string' && one !== '') as string | undefined

function asObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

interface Told {
  name?: string
  message?: string
  code?: string
  cause?: Told
  errors?: Told[]
}

/** `fetch failed` says nothing: the reason stands in the cause, or in the first of several. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = Object(error) as Told
  if (name === 'TimeoutError') return 'no answer in time'
  const first = cause?.errors?.[0] ?? cause
  return first?.code ?? first?.message ?? message ?? String(error)
}

/** Milliseconds of a Retry-After: seconds, or an HTTP date. */
export function retryAfter(header: string | null, now = Date.now()): number | undefined {
  if (header === null || header.trim() === '') return undefined
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
