import { fail } from '../../../shared/temporal/failure.ts'

export interface Hop {
  url: string
  method: string
  headers: Headers
  body: Uint8Array<ArrayBuffer> | undefined
}

/**
 * Where an answer sends on to, and with what; undefined when it does not. Methods change as the fetch standard says.
 * Another origin gets neither the body nor any header that might be a credential: what is in them was meant for the
 * first one only.
 * @throws OutboundRefused when the body would have to go to another origin, or the place cannot be read
 */
export function nextHop(answer: Response, { url, method, headers, body }: Hop): Hop | undefined {
  const place = answer.headers.get('location')
  if (![301, 302, 303, 307, 308].includes(answer.status) || place === null) return undefined
  if (!URL.canParse(place, url))
    throw fail('OutboundRefused', `${new URL(url).origin} sends on to something that is no address.`)
  const next = new URL(place, url)
  const isElsewhere = next.origin !== new URL(url).origin
  const becomesGet =
    (answer.status === 303 && method !== 'GET' && method !== 'HEAD') ||
    ((answer.status === 301 || answer.status === 302) && method === 'POST')
  if (body && !becomesGet && isElsewhere)
    throw fail(
      'OutboundRefused',
      `${new URL(url).origin} sends what was to be sent on to ${next.origin}: name that address itself, if it is the right one.`,
    )
  const kept = new Headers(
    [...headers].filter(
      ([name]) =>
        !(becomesGet && name.startsWith('content-')) &&
        (!isElsewhere || /^(accept|content-|user-agent$)/.test(name)),
    ),
  )
  return {
    url: next.href,
    method: becomesGet ? 'GET' : method,
    headers: kept,
    body: becomesGet ? undefined : body,
  }
}
