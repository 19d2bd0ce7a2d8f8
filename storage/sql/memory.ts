import { and, asc, eq, getTableColumns, gt, lt, lte, ne, sql } from 'drizzle-orm'
import {
  type Memory,
  type MemorySettings,
  type MemoryTurn,
  memoryStrategies,
} from '../../shared/contract/memory.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { Database, Transaction } from './database.ts'
import { instances, memories, memoryTurns } from './schema.ts'

type Place = Pick<RunRef, 'workspaceId' | 'instanceUuid' | 'chatSessionId'>

const nothing: Memory = { summary: null, turns: [] }

const ofSession = (table: typeof memories | typeof memoryTurns, workspaceId: string, chatSessionId: string) =>
  and(eq(table.workspaceId, workspaceId), eq(table.chatSessionId, chatSessionId))

/**
 * What a turn may be told of those before it: the latest in full, the others as the strategy says. A cancelled turn is
 * no part of it, and neither is the turn that asks.
 */
export async function readMemory(
  db: Database,
  { workspaceId, chatSessionId, instanceUuid }: Place,
  { strategy, turns }: MemorySettings,
): Promise<Memory> {
  if (chatSessionId === undefined) return nothing
  const [held] = await db
    .select({ ...getTableColumns(memories), own: memoryTurns.number })
    .from(memories)
    .leftJoin(
      memoryTurns,
      and(ofSession(memoryTurns, workspaceId, chatSessionId), eq(memoryTurns.instanceUuid, instanceUuid)),
    )
    .where(ofSession(memories, workspaceId, chatSessionId))
  if (!held) return nothing
  const { fullAfter, summariseThrough } = memoryStrategies[strategy]
  // The last turn but for the one that asks: it may have said something already.
  const latest = held.own === null ? held.turns : held.own - 1
  const after = fullAfter(latest, turns, held.through)
  return {
    summary: summariseThrough(held.turns, turns) > 0 ? held.summary : null,
    turns: await saidIn(db, held, { after, besides: instanceUuid }),
  }
}

const saidIn = (
  db: Database,
  { workspaceId, chatSessionId }: { workspaceId: string; chatSessionId: string },
  { after, through, besides }: { after: number; through?: number; besides?: string },
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
        through === undefined ? undefined : lte(memoryTurns.number, through),
        besides === undefined ? undefined : ne(memoryTurns.instanceUuid, besides),
        sql`${instances.status} is distinct from 'cancelled'`,
      ),
    )
    .orderBy(asc(memoryTurns.number))

/** Adds what was said in a turn. A turn with several replies is still one. Nothing happens outside of a session. */
export async function rememberTurn(
  tx: Transaction,
  { workspaceId, chatSessionId, instanceUuid }: Place,
  { user, agent }: MemoryTurn,
): Promise<void> {
  if (chatSessionId === undefined) return
  // The row of the session is locked until the end of the transaction, so that no number comes twice.
  await tx.execute(sql`
    with more as (
      update ${memoryTurns} set agent_text = agent_text || E'\\n\\n' || ${agent}::text
      where workspace_id = ${workspaceId}::uuid and chat_session_id = ${chatSessionId}::uuid
        and instance_uuid = ${instanceUuid}::uuid
      returning number
    ), held as (
      insert into ${memories} (workspace_id, chat_session_id, turns)
      select ${workspaceId}::uuid, ${chatSessionId}::uuid, 1 where not exists (select from more)
      on conflict (workspace_id, chat_session_id)
        do update set turns = ${memories}.turns + 1, updated_at = now()
      returning turns
    )
    insert into ${memoryTurns} (workspace_id, chat_session_id, number, instance_uuid, user_text, agent_text)
    select ${workspaceId}::uuid, ${chatSessionId}::uuid, turns, ${instanceUuid}::uuid, ${user}::text, ${agent}::text
    from held`)
}

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
