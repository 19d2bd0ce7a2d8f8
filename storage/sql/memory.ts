import { and, asc, eq, gt, lt, lte, ne, sql } from 'drizzle-orm'
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
    .select()
    .from(memories)
    .where(ofSession(memories, workspaceId, chatSessionId))
  if (!held) return nothing
  const { fullAfter, summariseThrough } = memoryStrategies[strategy]
  const after = fullAfter(await latestBefore(db, held, instanceUuid), turns, held.through)
  return {
    summary: summariseThrough(held.turns, turns) > 0 ? held.summary : null,
    turns: await saidIn(db, held, { after, besides: instanceUuid }),
  }
}

/** The number of the last turn, but for the one that asks: it may have said something already. */
async function latestBefore(
  db: Database,
  { workspaceId, chatSessionId, turns }: typeof memories.$inferSelect,
  instanceUuid: string,
): Promise<number> {
  const [own] = await db
    .select({ number: memoryTurns.number })
    .from(memoryTurns)
    .where(
      and(ofSession(memoryTurns, workspaceId, chatSessionId), eq(memoryTurns.instanceUuid, instanceUuid)),
    )
  return own ? own.number - 1 : turns
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
  const more = await tx
    .update(memoryTurns)
    .set({ agent: sql`${memoryTurns.agent} || E'\n\n' || ${agent}` })
    .where(
      and(ofSession(memoryTurns, workspaceId, chatSessionId), eq(memoryTurns.instanceUuid, instanceUuid)),
    )
    .returning({ number: memoryTurns.number })
  if (more.length > 0) return
  // The row is locked until the end of the transaction, so that no number comes twice.
  const [held] = await tx
    .insert(memories)
    .values({ workspaceId, chatSessionId, turns: 1 })
    .onConflictDoUpdate({
      target: [memories.workspaceId, memories.chatSessionId],
      set: { turns: sql`${memories.turns} + 1`, updatedAt: sql`now()` },
    })
    .returning({ turns: memories.turns })
  await tx
    .insert(memoryTurns)
    .values({ workspaceId, chatSessionId, number: held?.turns ?? 1, instanceUuid, user, agent })
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
