import { type SQL, sql } from 'drizzle-orm'
import { type Memory, type MemorySettings, memoryStrategies } from '../../shared/contract/memory.ts'
import type { Database } from './database.ts'
import { nothing, type Place } from './memory.ts'
import { notWaitedFor } from './not-waited-for.ts'
import { instances, memories, memoryTurns, turnMemories } from './schema.ts'

/**
 * What a turn is told of those before it: the latest in full, the others as the strategy says. A cancelled turn is no
 * part of it, and neither is the turn that asks. What its first step was told all its steps are told, at every attempt,
 * and the log shows it for good, whatever the summary says by then: so it is kept before it is used.
 */
export async function recall(
  db: Database,
  place: Place,
  settings: MemorySettings,
  looked?: Looked,
): Promise<Memory> {
  const { told, held } = looked ?? (await look(db, place))
  if (told) return told
  if (!held || place.chatSessionId === undefined) return nothing
  const before = held.own === null ? held.turns : held.own - 1
  const { fullAfter, summariseThrough } = memoryStrategies[settings.strategy]
  const summary = summariseThrough(held.turns, settings.turns) > 0 ? held.summary : null
  const after = fullAfter(before, settings.turns, held.through)
  const { rows } = await db.execute<Memory & Record<string, unknown>>(
    tellFrom(sql`insert into ${turnMemories} (instance_uuid, workspace_id, chat_session_id, summary, after, through)
      values (${place.instanceUuid}::uuid, ${place.workspaceId}::uuid, ${place.chatSessionId}::uuid, ${summary}::text,
        ${after}::int, ${before}::int)
      on conflict do nothing
      returning *, ${notWaitedFor}`),
  )
  // Another step of the turn, beside this one, was told first.
  return rows[0] ?? (await look(db, place)).told ?? nothing
}

/** What the steps of a turn were told of those before it; undefined where none asked. */
export const findRecalled = async (db: Database, place: Place): Promise<Memory | undefined> =>
  (await look(db, place)).told ?? undefined

/** What there is to be told from. */
export interface Looked {
  /** What the steps of the turn were told of those before it; null where none asked. */
  told: Memory | null
  /** What the session remembers; null where nothing was said yet, and outside of a session. */
  held: { turns: number; summary: string | null; through: number; own: number | null } | null
}

async function look(db: Database, place: Place): Promise<Looked> {
  const { rows } = await db.execute<{ looked: Looked }>(sql`select ${looking(place)} as looked`)
  return rows[0]?.looked ?? { told: null, held: null }
}

/** The look as a part of a question: the first step of each turn asks it. */
export function looking({ workspaceId, instanceUuid, chatSessionId }: Place): SQL {
  const of = chatSessionId ?? null
  const told = sql`select * from ${turnMemories}
    where workspace_id = ${workspaceId}::uuid and instance_uuid = ${instanceUuid}::uuid`
  return sql`json_build_object('told', (select to_json(told) from (${tellFrom(told)}) as told), 'held', (
    select json_build_object('turns', held.turns, 'summary', held.summary, 'through', held.through, 'own', (
      select number from ${memoryTurns}
      where workspace_id = ${workspaceId}::uuid and chat_session_id = ${of}::uuid
        and instance_uuid = ${instanceUuid}::uuid
    ))
    from ${memories} as held where workspace_id = ${workspaceId}::uuid and chat_session_id = ${of}::uuid
  ))`
}

/** The summary and the turns that rows of `turn_memories` stand for. */
const tellFrom = (rows: SQL): SQL => sql`
  with told as (${rows})
  select summary, (
    select coalesce(json_agg(json_build_object('user', said.user_text, 'agent', said.agent_text) order by said.number), '[]')
    from ${memoryTurns} as said left join ${instances} as turn
      on turn.instance_uuid = said.instance_uuid and turn.workspace_id is not distinct from said.workspace_id
    where said.workspace_id = told.workspace_id and said.chat_session_id = told.chat_session_id
      and said.number > told.after and said.number <= told.through
      and turn.status is distinct from 'cancelled'
  ) as turns from told`
