import { z } from 'zod'
import { Duration, milliseconds } from './duration.ts'
import type { JsonObject } from './json.ts'
import { SecretName } from './secret.ts'

/** What stands as `server` in a definition: unique in the app. */
export const McpServerName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'a name of 1 to 64 letters, digits, _ and -')

/** As the protocol says: 1 to 128 letters, digits, `_`, `-` and `.`. */
export const McpToolName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,128}$/, 'a tool name is 1 to 128 letters, digits, _, - and .')

/** Servers are asked for no more tools than this, and no more than these characters of a description are kept. */
export const toolLimits = { tools: 256, description: 4_000 } as const

export const mcpTimeouts = { default: 'PT60S', least: 1_000, most: 600_000 } as const

const Timeout = Duration.refine((text) => {
  const given = milliseconds(text)
  return given >= mcpTimeouts.least && given <= mcpTimeouts.most
}, 'a duration from PT1S to PT10M')

const ServerUrl = z
  .string()
  .max(2_000)
  .refine((text) => {
    if (!URL.canParse(text)) return false
    const { protocol, username, password, hash } = new URL(text)
    return (protocol === 'http:' || protocol === 'https:') && !username && !password && !hash
  }, 'the address of a Streamable HTTP server, such as https://tools.example.com/mcp, without a user name, password or fragment')

/** Headers that belong to the protocol or to the connection. */
const reservedHeaders =
  /^(accept|accept-encoding|connection|content-.*|expect|host|keep-alive|last-event-id|mcp-.*|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i

const HeaderName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'a header name')
  .refine((name) => !reservedHeaders.test(name), 'this header belongs to the protocol: leave it out')

/** `${secure.name}` in a header: the secret of that name, opened when the server is called. */
const secretIn = /\$\{\s*secure\.(\w+)\s*\}/g

export const secretsIn = (headers: Record<string, string>): string[] => [
  ...new Set(
    Object.values(headers).flatMap((value) => [...value.matchAll(secretIn)].map(([, name]) => name!)),
  ),
]

/** A header with its secrets in their places. */
export const fillHeader = (value: string, secrets: ReadonlyMap<string, string>): string =>
  value.replaceAll(secretIn, (_, name: string) => secrets.get(name) ?? '')

const HeaderValue = z
  .string()
  .min(1)
  .max(4_000)
  .regex(/^[\x20-\x7e]*$/, 'a header value is printable ASCII')
  .refine(
    (value) =>
      !value.replaceAll(secretIn, '').includes('${') &&
      secretsIn({ value }).every((name) => SecretName.safeParse(name).success),
    'a header may name secrets, as ${secure.name}, and no other ${…}',
  )

/** Headers that are there to carry a credential. */
const credential = /^(authorization|cookie)$|key|token|secret|password|credential/i

/** Which tools may be called, one by one. */
export const AllowedTools = z
  .array(McpToolName)
  .max(toolLimits.tools)
  .transform((names) => [...new Set(names)].sort())

/** What an admin says of a server. Over HTTP by its `url`; or one that the operator's configuration file names. Never a command. */
export const McpServerFields = z
  .strictObject({
    name: McpServerName,
    url: ServerUrl.optional(),
    operatorServer: McpServerName.optional(),
    headers: z
      .record(HeaderName, HeaderValue)
      .refine((headers) => Object.keys(headers).length <= 20, 'at most 20 headers')
      .optional(),
    allowedTools: AllowedTools.default([]),
    timeout: Timeout.default(mcpTimeouts.default),
  })
  .superRefine((server, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if ((server.url === undefined) === (server.operatorServer === undefined))
      refuse('url', 'give either a url, or operatorServer with a name of the operator’s configuration file')
    for (const [name, value] of Object.entries(server.headers ?? {}))
      if (credential.test(name) && secretsIn({ value }).length === 0)
        context.addIssue({
          code: 'custom',
          path: ['headers', name],
          message: 'everybody who builds here could read it: make it a secret, and name that: ${secure.name}',
        })
    if (server.operatorServer !== undefined && server.headers) refuse('headers', 'headers go with a url only')
  })
export type McpServerFields = z.infer<typeof McpServerFields>

/** A tool as its server describes it, as far as it is kept. `problem` says why its schema cannot be used. */
export interface McpTool {
  name: string
  description: string
  inputSchema: JsonObject
  problem?: string
  /** Of all the rest: another hash is another tool. */
  sha256: string
}

/** The tools of a server at one time. `sha256` does not depend on their order; `leftOut` says what could not be kept, and why. */
export interface McpToolList {
  tools: McpTool[]
  sha256: string
  leftOut: string[]
}

/** `new` and `changed` await acceptance, `gone` was accepted and is no longer offered. */
export const McpToolState = z.enum(['accepted', 'new', 'changed', 'gone'])
export type McpToolState = z.infer<typeof McpToolState>

export interface McpToolStanding {
  /** As the server describes it now; what was accepted, when it is gone. */
  tool: McpTool
  accepted: McpTool | undefined
  state: McpToolState
  allowed: boolean
  /** Why it cannot be called; undefined when it can. */
  obstacle: string | undefined
}

/** Where each tool stands: what its server offers, held against what was accepted and allowed. */
export function standingsOf(seen: McpTool[], accepted: McpTool[], allowedTools: string[]): McpToolStanding[] {
  const before = new Map(accepted.map((tool) => [tool.name, tool]))
  const now = new Set(seen.map(({ name }) => name))
  const standing = (tool: McpTool, state: McpToolState): McpToolStanding => {
    const known = before.get(tool.name)
    const allowed = allowedTools.includes(tool.name)
    const problem = tool.problem ?? (known?.sha256 === tool.sha256 ? known.problem : undefined)
    const obstacle = problem ?? waiting[state] ?? (allowed ? undefined : notAllowed)
    return { tool, accepted: known, state, allowed, obstacle }
  }
  const offered = seen.map((tool) => {
    const known = before.get(tool.name)
    return standing(tool, !known ? 'new' : known.sha256 === tool.sha256 ? 'accepted' : 'changed')
  })
  const gone = accepted.filter(({ name }) => !now.has(name)).map((tool) => standing(tool, 'gone'))
  return [...offered, ...gone].sort((a, b) => (a.tool.name < b.tool.name ? -1 : 1))
}

const notAllowed = 'it is not among the tools that an admin allowed for this server'
const waiting: Partial<Record<McpToolState, string>> = {
  new: 'it is new, and no admin has accepted it yet',
  changed: 'its description or its arguments changed since an admin accepted them',
  gone: 'the server does not offer it any more',
}
