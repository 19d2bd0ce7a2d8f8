import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js'
import { ZodError } from 'zod'
import { fail, kindOf } from '../../../shared/temporal/failure.ts'
import type { Redactor } from './redact.ts'

/** A server's own words, as far as they are shown. */
export const wordsOf = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').trim().slice(0, 500).toWellFormed()

/** In the details of a failure: the server did not take the request, so it may be sent again, whatever it was. */
export const nothingDone = 'nothing was done'

/** What is worth another try, and what is not. */
export function toFailure(
  error: unknown,
  { within, redactor }: { within: number; redactor: Redactor },
): unknown {
  if (kindOf(error)) return error
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return fail('ProviderBusy', `The MCP server did not answer within ${within / 1000} s.`)
  if (error instanceof StreamableHTTPError) return ofStatus(error, redactor)
  if (error instanceof McpError) return ofProtocol(error, redactor)
  if (error instanceof ZodError || Object(error).name === 'SyntaxError')
    return fail('ProviderRefused', 'The MCP server sent something that is not the MCP protocol.')
  if (Object(error).code === 'ENOENT' || Object(error).code === 'EACCES')
    return fail('ProviderMissing', 'The program of this MCP server cannot be started: see PARLEY_CONFIG.')
  const words = error instanceof Error ? error.message : ''
  if (/protocol version/.test(words))
    return fail('ProviderRefused', 'The MCP server speaks another version of the protocol.')
  if (/JSON|Unknown message type|unknown message ID/.test(words))
    return fail('ProviderRefused', 'The MCP server sent something that is not the MCP protocol.')
  const { code } = Object(Object(error).cause)
  return fail(
    'ProviderBusy',
    `The MCP server cannot be reached, or the connection to it broke${typeof code === 'string' ? ` (${code.slice(0, 60)})` : ''}.`,
  )
}

function ofStatus({ code, message }: StreamableHTTPError, { text }: Redactor): unknown {
  const words = wordsOf(text(message.replace(/^Streamable HTTP error: (Error POSTing to endpoint: )?/, '')))
  if (code === undefined || code < 0)
    return fail('ProviderRefused', `The MCP server sent something that is not the MCP protocol: ${words}`)
  // A page is made for people with browsers.
  const said = `The MCP server answered ${code}${words && !words.startsWith('<') ? `: ${words}` : '.'}`
  if (code === 429 || code === 503) return fail('ProviderBusy', said, { details: [nothingDone] })
  if (code === 408 || code >= 500) return fail('ProviderBusy', said)
  return fail('ProviderRefused', `${said}${advice[code] ?? ''}`)
}

const noServer = ' Is this the address of an MCP server that speaks Streamable HTTP?'
const advice: Record<number, string> = {
  401: ' Check its headers, and the secret they name.',
  403: ' Check its headers, and the secret they name.',
  404: noServer,
  405: noServer,
  406: noServer,
}

function ofProtocol({ code, message }: McpError, { text }: Redactor): unknown {
  const words = wordsOf(text(message.replace(/^MCP error -?\d+: /, '')))
  // Servers use this code for faults of their own, too.
  if (code === ErrorCode.ConnectionClosed && words === 'Connection closed')
    return fail('ProviderBusy', 'The connection to the MCP server broke.')
  return fail('ProviderRefused', `The MCP server refused (${code}): ${words}`)
}
