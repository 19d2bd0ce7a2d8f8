import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, buildConnector, fetch as undiciFetch } from 'undici'
import { addressProblem, insideProblem, isPublicAddress } from '../../../shared/outbound-address.ts'
import { fail } from '../../../shared/temporal/failure.ts'
import { nextHop } from './next-hop.ts'

/** As in browsers and servers: who sends on further than that goes in circles. */
const mostRedirects = 5

export type Resolve = (
  name: string,
  options: LookupOptions & { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

interface GuardOptions {
  /** `host:port` as it stands in addresses: what the operator lets through although it is private. */
  allow: readonly string[]
  /** Finds the addresses of a name: the system's resolver, where none is given. */
  resolve?: Resolve
  /** Milliseconds: until a connection stands, until an answer begins, and between two pieces of it. */
  limits?: { connect?: number; headers?: number; body?: number }
}

/**
 * `fetch` for addresses that a builder, a document or another server wrote. It goes to public addresses only: each
 * address is checked when the connection to it is made, so that a name cannot first point elsewhere, and again at every
 * redirect. Answers stream; how long and how large they may be is the caller's to limit.
 * @throws OutboundRefused naming the address and how the operator may allow it; other faults as `fetch` throws them
 */
export function createGuardedFetch({
  allow,
  resolve = systemLookup,
  limits = {},
}: GuardOptions): typeof fetch {
  const allowed = new Set(allow.map((place) => place.toLowerCase()))
  const timeout = limits.connect ?? 10_000
  // HTTP/2 would share one connection among calls that are cancelled and timed one by one.
  const direct = buildConnector({ timeout, allowH2: false })
  const checked = buildConnector({ timeout, allowH2: false, lookup: publicOnly(resolve) })
  const dispatcher = new Agent({
    headersTimeout: limits.headers ?? 300_000,
    bodyTimeout: limits.body ?? 300_000,
    connect: (options, done) => {
      const port = options.port || (options.protocol === 'https:' ? '443' : '80')
      const host = isIP(options.hostname) === 6 ? `[${options.hostname}]` : options.hostname
      if (allowed.has(`${host}:${port}`.toLowerCase())) return direct(options, done)
      if (isIP(options.hostname) && !isPublicAddress(options.hostname))
        return done(refused(`${host}:${port}`), null)
      return checked(options, (error, socket) => (error ? done(error, null) : done(null, socket)))
    },
  })

  return async (input, init) => {
    mustBeWeb(typeof input === 'string' || input instanceof URL ? String(input) : input.url)
    const signal = init?.signal ?? (input instanceof Request ? input.signal : null)
    // Everything that may be given as a body becomes bytes, which a redirect can send again.
    const request = new Request(input, { ...init, signal: null })
    let body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined
    let { url, method, headers } = request
    for (let redirects = 0; ; redirects++) {
      const answer = await send(url, { method, headers: [...headers], body, signal })
      const hop = request.redirect === 'manual' ? undefined : nextHop(answer, { url, method, headers, body })
      if (!hop) return answer
      await answer.body?.cancel()
      if (request.redirect === 'error' || redirects === mostRedirects)
        throw fail(
          'OutboundRefused',
          request.redirect === 'error'
            ? `${originOf(url)} sends on to another address, which is not wanted here.`
            : `${originOf(url)} sends on and on: more than ${mostRedirects} redirects.`,
        )
      mustBeWeb(hop.url)
      ;({ url, method, headers, body } = hop)
    }
  }

  async function send(
    url: string,
    init: {
      method: string
      headers: [string, string][]
      body: Uint8Array | undefined
      signal: AbortSignal | null
    },
  ): Promise<Response> {
    try {
      const answer = await undiciFetch(url, {
        ...init,
        body: init.body ?? null,
        redirect: 'manual',
        dispatcher,
      })
      return answer as unknown as Response
    } catch (error) {
      // The fetch standard's list of ports of other protocols, which an HTTP request could be made to speak.
      if (Object(Object(error).cause).message === 'bad port')
        throw fail('OutboundRefused', `${originOf(url)}: this port belongs to another protocol than HTTP.`)
      throw refusalIn(error) ?? error
    }
  }
}

/** A lookup that gives nothing but public addresses. One that is not refuses the name as a whole. */
const publicOnly =
  (resolve: Resolve): LookupFunction =>
  (name, options, done) =>
    resolve(name, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? []
      const wrong = addresses?.find(({ address }) => !isPublicAddress(address))
      if (error || !first) return done(error ?? new Error(`no address for ${name}`), '', 0)
      if (wrong) return done(refused(name, wrong.address), '', 0)
      return options.all ? done(null, addresses) : done(null, first.address, first.family)
    })

const refused = (place: string, address?: string) => fail('OutboundRefused', insideProblem(place, address))

/** The refusal that a client wrapped into an error of its own. */
function refusalIn(error: unknown): unknown {
  for (let at = error, depth = 0; depth < 5; at = Object(at).cause, depth++)
    if (Object(at).type === 'OutboundRefused') return at
  return undefined
}

function mustBeWeb(url: string): void {
  const problem = addressProblem(url)
  if (problem) throw fail('OutboundRefused', problem)
}

/** An address as far as it can be shown: paths and queries may hold what is nobody's business. */
const originOf = (url: string): string => new URL(url).origin
