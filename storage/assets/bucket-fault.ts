import { Refusal } from '../../shared/contract/errors.ts'

/** Said by the store, or by the way to it: whoever waits will be served. A wrong key or bucket is put right by the operator. */
const away =
  /^(TimeoutError|NetworkingError|SlowDown|NoSuchBucket|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|RequestTimeTooSkewed|CredentialsProviderError)$/
/** The client may wrap the system's errors into words. */
const awayText =
  /\b(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ERR_STREAM_PREMATURE_CLOSE)\b/
const full = /^(XMinioStorageFull|QuotaExceeded|InsufficientStorage)$/

interface Fault {
  name?: string
  message?: string
  code?: string
  $metadata?: { httpStatusCode?: number }
}

/** What a bucket's error means to whoever asked for a file. What is not foreseen stays as it is. */
export function faultOfBucket(error: unknown): unknown {
  const { name = '', message = '', code = '', $metadata }: Fault = Object(error)
  const status = $metadata?.httpStatusCode ?? 0
  const refuse = (...[code, words, seconds]: ['Full' | 'Unavailable', string, string]) =>
    Object.assign(new Refusal(code, words, { headers: { 'Retry-After': seconds } }), { cause: error })
  if (full.test(name) || status === 507)
    return refuse('Full', 'there is no space left in the file store', '60')
  if (away.test(name) || awayText.test(`${code} ${message}`) || [403, 429].includes(status) || status >= 500)
    return refuse('Unavailable', 'the file store does not answer right now: try again', '2')
  return error
}
