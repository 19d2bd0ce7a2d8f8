import { and, eq, sql } from 'drizzle-orm'
import type { JournalEvent } from '../../shared/contract/journal.ts'
import type { Json } from '../../shared/contract/json.ts'
import type { AnyStep } from '../../shared/contract/step.ts'
import type { StepCall, StepOutcome } from '../../shared/contract/step-call.ts'
import type { Database, Transaction } from './database.ts'
import { outcomes, steps } from './schema.ts'
import { writeJournal } from './write-journal.ts'

type Call = StepCall<AnyStep, unknown>

const ofCall = ({ run, path, ordinal }: Call) =>
  and(
    eq(outcomes.workspaceId, run.workspaceId),
    eq(outcomes.instanceUuid, run.instanceUuid),
    eq(outcomes.path, path),
    eq(outcomes.ordinal, ordinal),
  )

/**
 * Writes the entries owed so far and counts the attempt. Gives what an earlier attempt of this very activity stored;
 * undefined when none came that far.
 */
export const beginStep = (db: Database, call: Call, attempt: number): Promise<StepOutcome | undefined> =>
  db.transaction(async (tx) => {
    await writeJournal(tx, call.run, call.before)
    const [row] = await tx
      .insert(steps)
      .values({
        instanceUuid: call.run.instanceUuid,
        path: call.path,
        workspaceId: call.run.workspaceId,
        attempts: attempt,
      })
      .onConflictDoUpdate({
        target: [steps.instanceUuid, steps.path],
        set: { attempts: sql`greatest(${steps.attempts}, ${attempt})` },
      })
      .returning({
        outcome: sql<Json>`(select ${outcomes.outcome} from ${outcomes} where ${ofCall(call)})`,
      })
    return (row?.outcome ?? undefined) as StepOutcome | undefined
  })

interface Result {
  refused?: string
  entries?: (JournalEvent & { key: string })[]
  input?: Json
  logs?: string[]
  store?: (tx: Transaction) => Promise<void>
}

/**
 * Stores what a step gave together with everything that follows from it, in one transaction. Where two attempts ran
 * side by side, the first one counts, and both get its outcome.
 * @throws NotRunning when the run ended in the meantime
 */
export const finishStep = (
  db: Database,
  call: Call,
  outcome: StepOutcome,
  made: Result,
): Promise<StepOutcome> =>
  db.transaction(async (tx) => {
    const { run, path, ordinal } = call
    const written = tx.$with('written').as(
      tx
        .insert(outcomes)
        .values({
          instanceUuid: run.instanceUuid,
          path,
          ordinal,
          workspaceId: run.workspaceId,
          outcome: outcome as unknown as Json,
        })
        .onConflictDoNothing()
        .returning({ path: outcomes.path }),
    )
    const logs = [...(made.logs ?? []), ...(made.refused === undefined ? [] : [made.refused])]
    const logged = tx.$with('logged').as(
      tx
        .update(steps)
        .set({
          input: made.input ?? null,
          output: outcome.value ?? null,
          logs: sql`${steps.logs} || ${JSON.stringify(logs)}::jsonb`,
          error: null,
        })
        .where(
          and(
            eq(steps.workspaceId, run.workspaceId),
            eq(steps.instanceUuid, run.instanceUuid),
            eq(steps.path, path),
            sql`exists (select from written)`,
          ),
        )
        .returning({ path: steps.path }),
    )
    const [own] = await tx.with(written, logged).select().from(written)
    if (!own) {
      const [first] = await tx.select({ outcome: outcomes.outcome }).from(outcomes).where(ofCall(call))
      return (first?.outcome as StepOutcome | undefined) ?? outcome
    }
    await made.store?.(tx)
    const at = new Date().toISOString()
    const following = made.refused === undefined && !outcome.pending ? call.after : []
    await writeJournal(
      tx,
      run,
      [...(made.entries ?? []), ...following].map((entry) => ({ ...entry, at })),
      { onlyOpen: true },
    )
    return outcome
  })

const mostLogs = 100

/** Keeps why an attempt failed, for the run log. Gives how often the step failed with this code in a row. */
export async function noteStepError(
  db: Database,
  { run, path }: Call,
  attempt: number,
  { code, message }: { code: string; message: string },
): Promise<number> {
  const place = and(
    eq(steps.workspaceId, run.workspaceId),
    eq(steps.instanceUuid, run.instanceUuid),
    eq(steps.path, path),
  )
  const [before] = await db.select({ error: steps.error, logs: steps.logs }).from(steps).where(place)
  const { retry = 0 } = run
  const isAgain = before?.error?.code === code && (before.error.retry ?? 0) === retry
  const times = isAgain ? (before?.error?.times ?? 1) + 1 : 1
  await db
    .update(steps)
    .set({
      attempts: attempt,
      error: { code, message, times, retry },
      // The same one again says nothing new; and a provider that fails for days must not fill the log.
      ...(isAgain || (before?.logs.length ?? 0) >= mostLogs
        ? {}
        : { logs: [...(before?.logs ?? []), `${new Date().toISOString()} ${code}: ${message}`] }),
    })
    .where(place)
  return times
}
