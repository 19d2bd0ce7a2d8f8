import { type SQL, sql } from 'drizzle-orm'
import {
  type Memory,
  type MemorySettings,
  type MemoryTurn,
  memoryStrategies,
} from '../../shared/contract/memory.ts'
import type { Database } from './database.ts'
import { findMemory, nothing, type Place } from './memory.ts'
import { notWaitedFor } from './not-waited-for.ts'
import { instances, memoryTurns, turnMemories } from './schema.ts'

/**
 * What a turn is told of those before it: the latest in full, the others as the strategy says. A cancelled turn is no
 * part of it, and neither is the turn that asks. What its first step was told all its steps are told, at every attempt,
 * and the log shows it for good, whatever the summary says by then.
 */
export async function recall(db: Database, place: Place, settings: MemorySettings): Promise<Memory> {
  const told = await findRecalled(db, place)
  if (told) return told
  const held = await findMemory(db, place)
  if (!held) return nothing
  const { workspaceId, chatSessionId } = held
  const { fullAfter, summariseThrough } = memoryStrategies[settings.strategy]
  const summary = summariseThrough(held.turns, settings.turns) > 0 ? held.summary : null
  const after = fullAfter(held.before, settings.turns, held.through)
  const written = await readTold(
    db,
    sql`insert into ${turnMemories} (instance_uuid, workspace_id, chat_session_id, summary, after, through)
      values (${place.instanceUuid}::uuid, ${workspaceId}::uuid, ${chatSessionId}::uuid, ${summary}::text, ${after}::int, ${held.before}::int)
      on conflict do nothing
      returning *, ${notWaitedFor}`,
  )
  // Another step of the turn, beside this one, was told first.
  return written ?? (await findRecalled(db, place)) ?? nothing
}

/** What the steps of a turn were told of those before it; undefined where none asked. */
export const findRecalled = (
  db: Database,
  { workspaceId, instanceUuid }: Place,
): Promise<Memory | undefined> =>
  readTold(
    db,
    sql`select * from ${turnMemories}
      where workspace_id = ${workspaceId}::uuid and instance_uuid = ${instanceUuid}::uuid`,
  )

/** The summary and the turns that `told`, rows of `turn_memories`, stands for. */
async function readTold(db: Database, told: SQL): Promise<Memory | undefined> {
  const { rows } = await db.execute<{ summary: string | null; turns: MemoryTurn[] }>(sql`
    with told as (${told})
    select summary, (
      select coalesce(json_agg(json_build_object('user', said.user_text, 'agent', said.agent_text) order by said.number), '[]')
      from ${memoryTurns} as said left join ${instances} as turn
        on turn.workspace_id = said.workspace_id and turn.instance_uuid = said.instance_uuid
      where said.workspace_id = told.workspace_id and said.chat_session_id = told.chat_session_id
        and said.number > told.after and said.number <= told.through
        and turn.status is distinct from 'cancelled'
    ) as turns from told`)
  const [row] = rows
  return row && { summary: row.summary, turns: row.turns }
}
