import { Refusal } from '../shared/contract/errors.ts'
import type { Json } from '../shared/contract/json.ts'

const deepest = 100

const refuse = (message: string): never => {
  throw new Refusal('Malformed', message)
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads JSON and refuses what readers disagree on or a database cannot keep: broken UTF-8, the same key twice,
 * `__proto__`, NUL, half surrogate pairs, nesting over 100, numbers without a value.
 * @throws Refusal `Malformed`
 */
export function parseStrictJson(bytes: Uint8Array): Json {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return refuse('the body is not UTF-8')
  }
  checkShape(text)
  let value: Json
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('the body is not JSON')
  }
  return value
}

/** One pass over the text, before it is parsed: nesting, keys, strings. What is no JSON at all is left to the parser. */
function checkShape(text: string): void {
  const open: (Set<string> | null)[] = []
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (sign === '{' || sign === '[') {
      open.push(sign === '{' ? new Set() : null)
      if (open.length > deepest) refuse(`the body is nested deeper than ${deepest} levels`)
    } else if (sign === '}' || sign === ']') open.pop()
    else if (sign === '"') {
      const end = endOfString(text, at)
      const keys = open.at(-1)
      const content = readString(text.slice(at, end + 1))
      if (keys && isKey(text, end + 1)) addKey(keys, content)
      at = end
    } else if (sign === '-' || (sign !== undefined && sign >= '0' && sign <= '9')) {
      const number = numberAt(text, at)
      if (!Number.isFinite(Number(number))) refuse('a number is too large')
      at += number.length - 1
    }
  }
}

const colon = /\s*:/y

const isKey = (text: string, after: number): boolean => {
  colon.lastIndex = after
  return colon.test(text)
}

const numeral = /[-+.0-9eE]+/y

const numberAt = (text: string, at: number): string => {
  numeral.lastIndex = at
  return numeral.exec(text)?.[0] ?? ' '
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at
  }
  return refuse('the body is not JSON')
}

function readString(quoted: string): string {
  let content: string
  try {
    content = JSON.parse(quoted)
  } catch {
    return refuse('the body is not JSON')
  }
  if (content.includes('\u0000')) refuse('a text holds NUL (\\u0000), which cannot be stored')
  if (!content.isWellFormed()) refuse('a text holds half of a surrogate pair')
  return content
}

function addKey(keys: Set<string>, key: string): void {
  if (key === '__proto__') refuse('"__proto__" is not accepted as a key')
  if (keys.has(key)) refuse(`the key "${key.slice(0, 60)}" stands twice in one object`)
  keys.add(key)
}
