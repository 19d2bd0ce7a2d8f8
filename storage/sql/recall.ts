import { and, eq } from 'drizzle-orm'
import { type Memory, type MemorySettings, memoryStrategies } from '../../shared/contract/memory.ts'
import type { Database } from './database.ts'
import { findMemory, latestBefore, nothing, type Place, saidIn } from './memory.ts'
import { turnMemories } from './schema.ts'

/**
 * What a turn is told of those before it: the latest in full, the others as the strategy says. A cancelled turn is no
 * part of it, and neither is the turn that asks. What its first step was told all its steps are told, at every attempt,
 * and the log shows it for good, whatever the summary says by then.
 */
export async function recall(db: Database, place: Place, settings: MemorySettings): Promise<Memory> {
  const told = await findRecalled(db, place)
  if (told) return told
  const { workspaceId, chatSessionId, instanceUuid } = place
  const held = await findMemory(db, place)
  if (!held || chatSessionId === undefined) return nothing
  const { fullAfter, summariseThrough } = memoryStrategies[settings.strategy]
  const through = await latestBefore(db, held, instanceUuid)
  await db
    .insert(turnMemories)
    .values({
      workspaceId,
      chatSessionId,
      instanceUuid,
      summary: summariseThrough(held.turns, settings.turns) > 0 ? held.summary : null,
      after: fullAfter(through, settings.turns, held.through),
      through,
    })
    .onConflictDoNothing()
  return (await findRecalled(db, place)) ?? nothing
}

/** What the steps of a turn were told of those before it; undefined where none asked. */
export async function findRecalled(
  db: Database,
  { workspaceId, instanceUuid }: Place,
): Promise<Memory | undefined> {
  const [told] = await db
    .select()
    .from(turnMemories)
    .where(and(eq(turnMemories.workspaceId, workspaceId), eq(turnMemories.instanceUuid, instanceUuid)))
  return told && { summary: told.summary, turns: await saidIn(db, told, told) }
}
