import { setTimeout as pause } from 'node:timers/promises'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { z } from 'zod'
import { JsonValue } from '../../../shared/contract/json.ts'
import { fail, kindOf } from '../../../shared/temporal/failure.ts'
import { toFailure } from './mcp-failure.ts'
import { type LimitedFetch, limitFetch } from './mcp-fetch.ts'
import type { Redactor } from './redact.ts'

/** A program that the operator's configuration file names. */
export interface OperatorServer {
  command: string
  args: string[]
  env: Record<string, string>
}

export interface McpPlace {
  /** An address with what to send there, or a program of the operator's. */
  at: { url: string; headers: Record<string, string> } | OperatorServer
  /** Takes out of what comes back what was sent in confidence. */
  redactor: Redactor
}

export interface McpLimits {
  signal: AbortSignal
  /** Milliseconds from the first byte to the last. */
  within: number
}

/** One request of the protocol, and its result in the shape that is expected. */
export type Ask = <Result extends z.ZodType>(
  request: { method: string; params?: Record<string, unknown> },
  result: Result,
) => Promise<z.output<Result>>

/** A connection that several calls may use, side by side. */
export interface McpConnection {
  /**
   * Lets `use` ask the server. What goes wrong in it is thrown as a failure; a call under way when its time is over, or
   * its signal aborts, is told of to the server by `notifications/cancelled`.
   */
  use<T>(limits: McpLimits, use: (ask: Ask) => Promise<T>): Promise<T>
  /** Whether it is not to be used any more: it broke, the server was cut off, or did not answer in time. */
  isBroken(): boolean
  /** Whatever the server does ends with it: nothing is listened to any longer, and a program is stopped. */
  close(): Promise<void>
}

/** How long a server may take to hear that a call is cancelled, or that the session is over. */
const farewell = 500

/** A connection that is made when it is used first. */
export function openMcp({ at, redactor }: McpPlace, outbound: typeof fetch): McpConnection {
  const cut = new AbortController()
  const limited = limitFetch(outbound, (reason) => cut.abort(reason))
  const { transport, end } = open(at, limited)
  const client = new Client({ name: 'parley', version: '1.0.0' }, { capabilities: {} })
  // What the client cannot read it only mentions: without this the call would wait for its time to run out.
  client.onerror = (error) => cut.abort(error)
  let connected: Promise<void> | undefined
  let isLeft = false

  const askWithin =
    (over: AbortSignal, within: number): Ask =>
    async (request, result) => {
      // A cancel is told of once, for the request that is under way then.
      const own = new AbortController()
      const relay = () => own.abort(over.reason)
      over.addEventListener('abort', relay, { once: true })
      try {
        const given = await client.request(request, Anything, {
          signal: own.signal,
          timeout: within + farewell,
        })
        const json = JsonValue.safeParse(given)
        if (!json.success)
          throw fail('ProviderRefused', 'The MCP server sent an answer that is nested too deeply.')
        return result.parse(redactor.json(json.data))
      } catch (error) {
        throw toFailure(error, { within, redactor })
      } finally {
        over.removeEventListener('abort', relay)
      }
    }
  return {
    isBroken: () => isLeft || cut.signal.aborted,
    use: async ({ signal, within }, use) => {
      const deadline = AbortSignal.timeout(within)
      const over = AbortSignal.any([signal, deadline, cut.signal])
      const done = limited.begin()
      try {
        over.throwIfAborted()
        // The client's own limit is only there because it has a default: the deadline comes first.
        connected ??= client.connect(transport, { timeout: within + farewell })
        const standing = connected.catch((error: unknown) => {
          isLeft = true
          throw toFailure(error, { within, redactor })
        })
        return await Promise.race([standing.then(() => use(askWithin(over, within))), whenAborted(over)])
      } catch (error) {
        if (over.aborted || kindOf(error)?.code === 'ProviderBusy') isLeft = true
        if (signal.aborted) throw signal.reason
        // What `use` itself could not do is no fault of the server, and passes as it is.
        throw over.aborted ? toFailure(over.reason, { within, redactor }) : error
      } finally {
        done()
      }
    },
    close: async () => {
      client.onerror = () => {}
      await Promise.race([end(), pause(farewell)])
      await Promise.race([client.close().catch(() => {}), pause(farewell)])
    },
  }
}

/** What a result has to be is said by who asks; here it is data of a stranger. */
const Anything = z.looseObject({})

const whenAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  )

interface Opened {
  transport: Transport
  /** Says goodbye: the last notification has left, and the server may forget the session. */
  end(): Promise<void>
}

function open(at: McpPlace['at'], limited: LimitedFetch): Opened {
  if ('command' in at) {
    // Its complaints may hold what it was given in confidence, so they go nowhere.
    return {
      transport: new StdioClientTransport({ ...at, stderr: 'ignore', maxBufferSize: 8_000_000 }),
      end: async () => {},
    }
  }
  const transport = new StreamableHTTPClientTransport(new URL(at.url), {
    fetch: limited.fetch,
    requestInit: { headers: at.headers },
    // Of a stream that broke off: soon, or the call has run out of time.
    reconnectionOptions: {
      initialReconnectionDelay: 200,
      maxReconnectionDelay: 1_000,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 2,
    },
  })
  transport.onmessage = limited.heard
  let lastWord: Promise<unknown> = Promise.resolve()
  const send = transport.send.bind(transport)
  transport.send = (message, options) => {
    const sent = send(message, options)
    if ('method' in message && message.method === 'notifications/cancelled') {
      limited.heard({ id: message.params?.requestId })
      lastWord = sent.catch(() => {})
    }
    return sent
  }
  return {
    transport: transport as Transport,
    end: async () => {
      await lastWord
      await transport.terminateSession().catch(() => {})
    },
  }
}
