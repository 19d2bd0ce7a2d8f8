import { Column, Name, Param, SQL, StringChunk, Table } from 'drizzle-orm'
import type { PgDialect } from 'drizzle-orm/pg-core'

/** A text in the making, with the values of its parameters. */
interface Rendered {
  sql: string
  params: unknown[]
}

/**
 * Has a dialect put statements together in one walk. Drizzle goes through a dozen classes for each piece of a statement and
 * joins its text anew at every level: a sixth of what a worker's main thread did in a turn of a conversation. What the
 * walk does not know is left to drizzle, and the text is the same to the letter.
 */
export function renderQuickly(dialect: PgDialect): void {
  const render = dialect.sqlToQuery.bind(dialect)
  const texts = new WeakMap<object, string>()
  // Tables and columns: as drizzle writes them, asked once.
  const textOf = (part: Table | Column): string => {
    const text = texts.get(part) ?? render(new SQL([part])).sql
    texts.set(part, text)
    return text
  }
  const write = (text: string, into: Rendered): true => {
    into.sql += text
    return true
  }
  const value = (of: unknown, into: Rendered): true => {
    into.params.push(of)
    return write(`$${into.params.length}`, into)
  }
  const walk = (chunks: readonly unknown[], into: Rendered): boolean => chunks.every((one) => add(one, into))
  const list = (chunks: readonly unknown[], into: Rendered): boolean =>
    chunks.every((one, at) => (at === 0 || write(', ', into)) && add(one, into))
  /** Whether it could be written. */
  const add = (chunk: unknown, into: Rendered): boolean => {
    if (chunk === undefined) return true
    if (typeof chunk !== 'object' || chunk === null) return typeof chunk !== 'function' && value(chunk, into)
    if (chunk instanceof StringChunk) return write(chunk.value.join(''), into)
    if (chunk instanceof SQL) return !isInlined(chunk) && walk(chunk.queryChunks, into)
    if (chunk instanceof Param) {
      if (isAsked(chunk.value)) return false
      const mapped = chunk.value === null ? null : chunk.encoder.mapToDriverValue(chunk.value)
      return !(mapped instanceof SQL) && value(mapped, into)
    }
    if (chunk instanceof Name) return write(dialect.escapeName(chunk.value), into)
    if (chunk instanceof Column || chunk instanceof Table) return write(textOf(chunk), into)
    if (Array.isArray(chunk)) return write('(', into) && list(chunk, into) && write(')', into)
    return !isAsked(chunk) && value(chunk, into)
  }
  dialect.sqlToQuery = (statement, ...rest) => {
    const rendered = { sql: '', params: [] }
    if (rest[0] === undefined && add(statement, rendered)) return rendered
    return render(statement, ...rest)
  }
}

/** Whose values stand in its text. */
const isInlined = (statement: SQL): boolean =>
  (statement as unknown as { shouldInlineParams: boolean }).shouldInlineParams

/** What is asked for its text, or, as a placeholder, for its value. */
const isAsked = (value: unknown): boolean => typeof value === 'object' && value !== null && 'getSQL' in value
