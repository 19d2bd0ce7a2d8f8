import { types } from 'node:util'
import { APIConnectionError, APIError, APIUserAbortError } from 'openai'
import { fail } from '../../shared/temporal/failure.ts'
import { retryAfter } from './retry-after.ts'

/** How a failure speaks of who failed: `The model`, and the variable that chooses it. */
export interface Wording {
  what: string
  setting: string
}

/**
 * What is worth another try, and what is not, of a provider behind the `openai` client. Sources: HTTP semantics and the
 * providers' own `x-should-retry`. What a caller aborted comes back as it is.
 */
export function toFailure(error: unknown, apiKey: string, { what, setting }: Wording): unknown {
  if (error instanceof APIUserAbortError) return error
  if (error instanceof APIConnectionError) return fail('ProviderBusy', `${what} cannot be reached.`)
  // By its name: what the runtime's own fetch parses may throw an error of another realm.
  if (types.isNativeError(error) && error.name === 'SyntaxError')
    return fail('ProviderBusy', `${what} sent something that is no answer.`)
  if (!(error instanceof APIError) || error.status === undefined)
    return isNetworkFault(error)
      ? fail('ProviderBusy', `The connection to ${what.toLowerCase()} broke.`)
      : error
  const { status, headers } = error
  const said = headers?.get('x-should-retry')
  const again =
    said === 'true' ||
    (said !== 'false' && (status === 408 || status === 409 || status === 429 || status >= 500))
  // Some servers repeat the key they were given.
  const words = apiKey.length > 8 ? error.message.replaceAll(apiKey, '[key]') : error.message
  const message = `${what} answered ${status}: ${words.slice(0, 500)}`
  if (!again) return fail('ProviderRefused', `${message}${advice(status, setting)}`)
  const pause = retryAfter(headers)
  return fail('ProviderBusy', message, pause === undefined ? {} : { retryAfter: pause })
}

const advice = (status: number, setting: string): string =>
  ({
    401: ' Check OPENAI_API_KEY.',
    403: ' The key may not use this model.',
    404: ` Check ${setting} and OPENAI_BASE_URL.`,
  })[status] ?? ''

const isNetworkFault = (error: unknown) =>
  types.isNativeError(error) &&
  (error.name === 'AbortError' ||
    error.name === 'TypeError' ||
    'code' in error ||
    /terminated|socket|network|premature/i.test(error.message))
