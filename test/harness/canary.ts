import { temporal } from '@temporalio/proto'
import { sql } from 'drizzle-orm'
import type { Database } from '../../storage/sql/database.ts'
import type { World } from './world.ts'

/** In what clothes a value could leave: as it is, in Base64 wherever it begins, percent-encoded, in hex. */
export const formsOf = (value: string, ends = 0): string[] => {
  const inBase64 = [0, 1, 2].map((shift) => {
    const whole = Buffer.from(' '.repeat(shift) + value).toString('base64')
    return whole.slice(ends, whole.length - ends)
  })
  const hex = Buffer.from(value).toString('hex')
  const form = new URLSearchParams({ v: value }).toString().slice(2)
  const json = JSON.stringify(value).slice(1, -1)
  return [value, json, ...inBase64, encodeURIComponent(value), form, hex, hex.toUpperCase()]
}

/** All rows of all tables, as text. */
export async function dumpOf(db: Database): Promise<string> {
  const { rows } = await db.execute(
    sql`select table_schema as schema, table_name as name from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  )
  const tables = rows as unknown as { schema: string; name: string }[]
  expect(tables.map(({ name }) => name)).toContain('secure_values')
  const texts = await Promise.all(
    tables.map(({ schema, name }) =>
      db.execute(sql`select t::text as row from ${sql.identifier(schema)}.${sql.identifier(name)} t`),
    ),
  )
  return JSON.stringify(texts.map((one) => one.rows))
}

/** All events of a Temporal workflow, their payloads opened. */
export async function historyOf({ client }: World, workflowId: string): Promise<string> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory()
  const raw = (events ?? []).map((event) =>
    Buffer.from(temporal.api.history.v1.HistoryEvent.encode(event).finish()).toString('latin1'),
  )
  return raw.join('\n')
}

/** Fails where one of the values can be read in one of the places, in whatever clothes; and where a place is empty. */
export function mustBeClean(places: Record<string, string>, values: string[]): void {
  const hits = Object.entries(places).flatMap(([name, text]) =>
    values.flatMap((value) =>
      [...new Set(formsOf(value, 4))]
        .filter((form) => text.includes(form) || text.includes(Buffer.from(form).toString('latin1')))
        .map((form) => `${name}: ${form}`),
    ),
  )
  expect(hits).toEqual([])
  for (const [name, text] of Object.entries(places)) expect([name, text.length > 50]).toEqual([name, true])
}
