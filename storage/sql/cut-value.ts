import { type SQL, sql } from 'drizzle-orm'
import { mostLogged } from '../../shared/contract/api/run-log.ts'

const most = sql.raw(String(mostLogged))
/** With more of them, an object is cut as a whole. */
const mostFields = sql.raw('20')

/** JSON as text, without the quotes of a string. */
const textOf = (value: SQL): SQL => sql`(${value} #>> '{}')`

const beginning = (value: SQL): SQL =>
  sql`jsonb_build_object('truncated', true, 'characters', length(${textOf(value)}), 'text', left(${textOf(value)}, ${most}))`

/** A `jsonb` value as the log shows it: where it is too long, its fields, or all of it, are cut to their beginning. */
export const cut = (value: SQL): SQL => sql`case
  when ${value} is null then null
  when length(${value}::text) <= ${most} then ${value}
  when jsonb_typeof(${value}) = 'object' and (select count(*) from jsonb_object_keys(${value})) <= ${mostFields} then (
    select jsonb_object_agg(name, case when length(field::text) <= ${most} then field else ${beginning(sql`field`)} end)
    from jsonb_each(${value}) as part (name, field))
  else ${beginning(value)} end`
