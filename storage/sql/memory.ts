import { and, asc, eq, gt, lt, lte, type SQL, sql } from 'drizzle-orm'
import {
  type Memory,
  type MemorySettings,
  type MemoryTurn,
  memoryStrategies,
} from '../../shared/contract/memory.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { Database, Transaction } from './database.ts'
import { instances, memories, memoryTurns } from './schema.ts'

export type Place = Pick<RunRef, 'workspaceId' | 'instanceUuid' | 'chatSessionId'>

export const nothing: Memory = { summary: null, turns: [] }

const ofSession = (table: typeof memories | typeof memoryTurns, workspaceId: string, chatSessionId: string) =>
  and(eq(table.workspaceId, workspaceId), eq(table.chatSessionId, chatSessionId))

/** What was said in the turns behind `after`, up to `through`. A cancelled turn is no part of it. */
export const saidIn = (
  db: Database,
  { workspaceId, chatSessionId }: { workspaceId: string; chatSessionId: string },
  { after, through }: { after: number; through: number },
): Promise<MemoryTurn[]> =>
  db
    .select({ user: memoryTurns.user, agent: memoryTurns.agent })
    .from(memoryTurns)
    .leftJoin(
      instances,
      and(
        eq(instances.workspaceId, memoryTurns.workspaceId),
        eq(instances.instanceUuid, memoryTurns.instanceUuid),
      ),
    )
    .where(
      and(
        ofSession(memoryTurns, workspaceId, chatSessionId),
        gt(memoryTurns.number, after),
        lte(memoryTurns.number, through),
        sql`${instances.status} is distinct from 'cancelled'`,
      ),
    )
    .orderBy(asc(memoryTurns.number))

/** What a person said, as it is remembered: of files their names. */
export const promptOf = ({ attachments = [] }: Pick<RunRef, 'attachments'>, words: string): string =>
  [words, ...attachments.map(({ name }) => `[${name}]`)].join('\n')

/** Adds a reply of a turn. One with several replies is still one turn. Nothing happens outside of a session. */
export const rememberTurn = async (tx: Transaction, place: Place, said: MemoryTurn): Promise<void> => {
  if (place.chatSessionId === undefined) return
  const more = sql`agent_text = agent_text || E'\n\n' || ${said.agent}::text`
  await tx.execute(sql`with ${turnWritten(place, said, more, sql`true`)} select`)
}

/** Keeps what was said in a turn from its beginning to its end: a part of a statement. */
export const turnKept = (place: Place, said: MemoryTurn, onlyIf: SQL): SQL =>
  turnWritten(place, said, sql`user_text = ${said.user}::text, agent_text = ${said.agent}::text`, onlyIf)

/** Locks the session's memory until the end of the transaction: no number comes twice. */
const turnWritten = (
  { workspaceId, chatSessionId, instanceUuid }: Place,
  { user, agent }: MemoryTurn,
  again: SQL,
  onlyIf: SQL,
): SQL => sql`
  said_more as (
    update ${memoryTurns} set ${again}
    where workspace_id = ${workspaceId}::uuid and chat_session_id = ${chatSessionId}::uuid
      and instance_uuid = ${instanceUuid}::uuid and ${onlyIf}
    returning number
  ), counted as (
    insert into ${memories} as held (workspace_id, chat_session_id, turns)
    select ${workspaceId}::uuid, ${chatSessionId}::uuid, 1 where not exists (select from said_more) and ${onlyIf}
    on conflict (workspace_id, chat_session_id) do update set turns = held.turns + 1, updated_at = now()
    returning turns
  ), said as (
    insert into ${memoryTurns} (workspace_id, chat_session_id, number, instance_uuid, user_text, agent_text)
    select ${workspaceId}::uuid, ${chatSessionId}::uuid, turns, ${instanceUuid}::uuid, ${user}::text, ${agent}::text
    from counted
  )`

/** What the summary does not cover yet, though it should. */
export interface Unsummarised {
  summary: string | null
  turns: MemoryTurn[]
  /** The summary covers the turns up to `from`, and has to cover those up to `through`. */
  from: number
  through: number
}

/** The next few turns for the summary; undefined when it is as it should be. */
export async function findUnsummarised(
  db: Database,
  { workspaceId, chatSessionId }: { workspaceId: string; chatSessionId: string },
  { strategy, turns }: MemorySettings,
  most: number,
): Promise<Unsummarised | undefined> {
  const [held] = await db
    .select()
    .from(memories)
    .where(ofSession(memories, workspaceId, chatSessionId))
  if (!held) return undefined
  const due = memoryStrategies[strategy].summariseThrough(held.turns, turns)
  if (due <= held.through) return undefined
  const through = Math.min(due, held.through + most)
  return {
    summary: held.summary,
    turns: await saidIn(db, held, { after: held.through, through }),
    from: held.through,
    through,
  }
}

/** Keeps a summary, unless another one has gone further in the meantime. */
export async function keepSummary(
  db: Database,
  { workspaceId, chatSessionId }: { workspaceId: string; chatSessionId: string },
  { summary, from, through }: { summary: string | null; from: number; through: number },
): Promise<void> {
  await db
    .update(memories)
    .set({ summary, through, updatedAt: sql`now()` })
    .where(
      and(
        ofSession(memories, workspaceId, chatSessionId),
        eq(memories.through, from),
        lt(memories.through, through),
      ),
    )
}
