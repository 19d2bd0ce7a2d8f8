import pg from 'pg'

/**
 * Texts of statements that are prepared. Those of one question are the same every time, but for lists whose length is
 * written out: those must not fill the memory of every connection.
 */
const mostPrepared = 400
const names = new Map<string, string>()

/** A connection that has PostgreSQL read and plan each statement once, and not every time it is asked. */
export class PreparedClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: the driver has a dozen shapes for one call
  override query(asked: any, ...rest: any[]): any {
    return super.query(isNameless(asked, rest[0]) ? { ...asked, name: nameOf(asked.text) } : asked, ...rest)
  }
}

/** What drizzle asks with values; `begin` and the like have none. */
const isNameless = (asked: unknown, values: unknown): asked is { text: string } =>
  typeof asked === 'object' &&
  asked !== null &&
  'text' in asked &&
  !('name' in asked && asked.name) &&
  Array.isArray(values) &&
  values.length > 0

function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known || names.size >= mostPrepared) return known
  const name = `parley_${names.size + 1}`
  names.set(text, name)
  return name
}
