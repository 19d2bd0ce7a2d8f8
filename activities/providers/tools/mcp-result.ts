import { z } from 'zod'
import { isObject, type Json, JsonValue } from '../../../shared/contract/json.ts'
import { fail } from '../../../shared/temporal/failure.ts'
import { wordsOf } from './mcp-failure.ts'

/** Bytes of a result that a step keeps. */
const mostBytes = 256 * 1024

export const ToolResult = z.looseObject({
  content: z.array(z.unknown()).optional().default([]),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional(),
})
export type ToolResult = z.infer<typeof ToolResult>

export interface ToolValue {
  value: Json
  /** Set when there was more. */
  truncated?: true
}

/**
 * What a tool gave: its structured content, or else its text, which is a value where it is a JSON object or list. Of
 * pictures, sounds and other bytes only a note is left.
 * @throws ToolFailed with the server's words, cut
 */
export function readResult(tool: string, { content, structuredContent, isError }: ToolResult): ToolValue {
  const text = content.map(textOf).filter(Boolean).join('\n\n').toWellFormed()
  if (isError) throw fail('ToolFailed', `The tool ${tool} failed: ${wordsOf(text) || 'it did not say why'}`)
  const value = isObject(structuredContent) ? structuredContent : asJson(text)
  if (value === undefined) return cut(text)
  const json = JsonValue.safeParse(value)
  if (!json.success)
    throw fail(
      'ToolFailed',
      `The tool ${tool} gave a value that cannot be used: ${json.error.issues[0]?.message}`,
    )
  const written = JSON.stringify(json.data)
  return Buffer.byteLength(written) <= mostBytes ? { value: json.data } : cut(written)
}

function cut(text: string): ToolValue {
  const bytes = Buffer.from(text)
  if (bytes.length <= mostBytes) return { value: text }
  // A character that is cut in two is left out.
  return { value: new TextDecoder().decode(bytes.subarray(0, mostBytes), { stream: true }), truncated: true }
}

function asJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const Part = z.looseObject({ type: z.string() })
const text = z.string().catch('')

function textOf(given: unknown): string {
  const part = Part.safeParse(given)
  if (!part.success) return ''
  const { type, ...rest } = part.data
  const kind = kinds[type]
  return kind ? kind(rest) : `[${type.slice(0, 40)}: left out]`
}

const leftOut = (what: string, { mimeType, data }: Record<string, unknown>) =>
  `[${what}${text.parse(mimeType) ? `, ${text.parse(mimeType).slice(0, 100)}` : ''}, ${Math.ceil((text.parse(data).length * 3) / 4 / 1024)} KB: left out]`

const kinds: Record<string, (part: Record<string, unknown>) => string> = {
  text: (part) => text.parse(part.text),
  image: (part) => leftOut('image', part),
  audio: (part) => leftOut('audio', part),
  resource_link: ({ name, uri }) => `${text.parse(name)} ${text.parse(uri)}`.trim(),
  resource: ({ resource }) => {
    const held = isObject(resource) ? resource : {}
    if (typeof held.text === 'string') return held.text
    return leftOut('file', { mimeType: held.mimeType, data: held.blob })
  },
}
