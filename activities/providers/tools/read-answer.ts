import { type Json, JsonValue } from '../../../shared/contract/json.ts'
import { fail } from '../../../shared/temporal/failure.ts'
import { decoderOf, readLimitedBytes } from '../outbound/read-limited.ts'
import type { ToolValue } from './mcp-result.ts'
import type { Redactor } from './redact.ts'

/** Bytes of an answer that a step keeps (`definition.md`, `tool`). */
const mostBytes = 256 * 1024

/**
 * The body of a good answer: a value where it is JSON, else its text; null where there is none. What is longer than
 * fits is text up to there, whatever it was: a value cannot be cut.
 * @throws ToolFailed for what is neither JSON nor text
 */
export async function readAnswer(answer: Response, redactor: Redactor): Promise<ToolValue> {
  const type = answer.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (!isText(type)) {
    await answer.body?.cancel()
    throw fail(
      'ToolFailed',
      `It answered with ${type.slice(0, 100)}, of which a step can use nothing: only JSON and text.`,
    )
  }
  const { text, isWhole } = await readText(answer, redactor.longest)
  const clean = (given: string) => redactor.text(given).toWellFormed().replaceAll('\u0000', '')
  // What lies behind the cut was read for one reason: so that no half of a secret is left in front of it, nor at the end.
  if (!isWhole)
    return { value: cutText(clean(text).slice(0, -redactor.longest || undefined)), truncated: true }
  if (text.trim() === '') return { value: null }
  const value = type.includes('json') ? parsed(text) : undefined
  return { value: value === undefined ? clean(text) : redactor.json(value) }
}

const cutText = (text: string): string =>
  // A character that is cut in two is left out.
  new TextDecoder().decode(Buffer.from(text).subarray(0, mostBytes), { stream: true })

async function readText(answer: Response, behind: number): Promise<{ text: string; isWhole: boolean }> {
  const { bytes } = await readLimitedBytes(answer, mostBytes + 4 * behind + 4)
  return { text: decoderOf(answer).decode(bytes), isWhole: bytes.length <= mostBytes }
}

const isText = (type: string): boolean =>
  type === '' ||
  type.startsWith('text/') ||
  /[/+](json|xml|yaml|javascript|x-www-form-urlencoded|x-ndjson|graphql-response\+json)$/.test(type)

function parsed(text: string): Json | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const json = JsonValue.safeParse(value)
  if (!json.success)
    throw fail('ToolFailed', `It answered with JSON that cannot be used: ${json.error.issues[0]?.message}.`)
  return json.data
}
