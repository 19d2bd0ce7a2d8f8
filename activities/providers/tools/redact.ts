import type { Json } from '../../../shared/contract/json.ts'
import { fail, kindOf } from '../../../shared/temporal/failure.ts'

/** Takes known values out of what came back, in the forms that they may have taken on the way. */
export interface Redactor {
  text(text: string): string
  json<T extends Json>(value: T): T
  /** Characters of the longest form: text that is to be cut is redacted with as much behind the cut. */
  longest: number
}

/** @param values what must not be seen, with what to say in its place */
export function createRedactor(values: readonly { value: string; shown: string }[]): Redactor {
  const forms = values
    .flatMap(({ value, shown }) => [...formsOf(value)].map((form) => ({ form, shown })))
    // The longest first: a form may hold another one.
    .sort((a, b) => b.form.length - a.form.length)
  const text = (given: string): string =>
    forms.reduce((clean, { form, shown }) => replaceAllOf(clean, form, shown), given)
  const json = (value: Json): Json => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return value.map(json)
    if (typeof value !== 'object' || value === null) {
      const written = String(value)
      const clean = text(written)
      return clean === written ? value : clean
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [text(key), json(inner)]))
  }
  return { text, json: json as Redactor['json'], longest: forms[0]?.form.length ?? 0 }
}

/** Hexadecimal and percent forms come in capitals and in small letters. */
function replaceAllOf(text: string, form: string, shown: string): string {
  const low = text.toLowerCase()
  // Where small letters are of another length, places do not agree; then only what is written just so is found.
  if (low.length !== text.length) return text.replaceAll(form, shown)
  const wanted = form.toLowerCase()
  let clean = ''
  let at = 0
  for (let found = low.indexOf(wanted); found >= 0; found = low.indexOf(wanted, at)) {
    clean += text.slice(at, found) + shown
    at = found + wanted.length
  }
  return clean + text.slice(at)
}

function formsOf(value: string): Set<string> {
  const bytes = Buffer.from(value, 'utf8')
  const percent = encodeURIComponent(value)
  const all = [
    value,
    value.trim(),
    // As it stands inside JSON.
    JSON.stringify(value).slice(1, -1),
    percent,
    percent.replaceAll('%20', '+'),
    new URLSearchParams([['', value]]).toString().slice(1),
    bytes.toString('hex'),
    ...[0, 1, 2].flatMap((before) => [inBase64(bytes, before), asUrl(inBase64(bytes, before))]),
  ]
  // What is left of a short value between other characters would be found everywhere.
  return new Set(all.filter((form) => form.length >= 6))
}

/** Base64 of a value that stands behind so many bytes (`user:` in front of a password), as far as it is the same for all of them. */
function inBase64(bytes: Buffer, before: number): string {
  const written = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
  return written.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
}

const asUrl = (base64: string) => base64.replaceAll('+', '-').replaceAll('/', '_')

/** The same failure without what must not be seen in its words. */
export function redacted(error: unknown, clean: (text: string) => string): unknown {
  const kind = kindOf(error)
  if (!kind) return error
  const pause = Object(error).nextRetryDelay
  return fail(kind.code, clean(kind.message), typeof pause === 'number' ? { retryAfter: pause } : {})
}
