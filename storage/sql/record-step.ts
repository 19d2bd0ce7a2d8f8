import { and, eq, type SQL, sql } from 'drizzle-orm'
import { Refusal } from '../../shared/contract/errors.ts'
import type { JournalEvent } from '../../shared/contract/journal.ts'
import type { Json } from '../../shared/contract/json.ts'
import type { AnyStep } from '../../shared/contract/step.ts'
import type { StepCall, StepOutcome } from '../../shared/contract/step-call.ts'
import type { LiveSignal } from '../live/live.ts'
import type { Database, Transaction } from './database.ts'
import { besideOwed, type OwedRow, OwedRows } from './owed-rows.ts'
import { recentRows } from './recent-rows.ts'
import { outcomes, steps } from './schema.ts'
import { writeBeside, writeEntries, writeJournal } from './write-journal.ts'
import type { Beside } from './write-rows.ts'

type Call = StepCall<AnyStep, unknown>

const ofCall = ({ run, path, ordinal }: Call) =>
  and(
    eq(outcomes.workspaceId, run.workspaceId),
    eq(outcomes.instanceUuid, run.instanceUuid),
    eq(outcomes.path, path),
    eq(outcomes.ordinal, ordinal),
  )

/** How a step's activity finds it. */
export interface BegunStep {
  /** What an earlier attempt of this very activity stored; undefined when none came that far. */
  outcome: StepOutcome | undefined
  /** Whether nothing was ever begun of the step, so that there is no call and no effect of it to be found. */
  isNew: boolean
}

/**
 * Writes the entries owed so far, with what is owed of a step in front of it, and counts the attempt.
 * @throws Superseded when another attempt has stored another outcome of that one
 */
export async function beginStep(
  db: Database,
  call: Call,
  attempt: number,
  owed = new OwedRows(),
): Promise<BegunStep> {
  const { run, path, ordinal, before, ofSession } = call
  // `xmax` is PostgreSQL's own mark of a row that was changed, and not made, by this statement.
  const beside: Beside<BegunStep> = {
    written: (onlyIf) => sql`begun as (
      insert into ${steps} as step (instance_uuid, path, workspace_id, attempts)
      select ${run.instanceUuid}::uuid, ${path}::text, ${run.workspaceId}::uuid, ${attempt}::int where ${onlyIf}
      on conflict (instance_uuid, path) do update set attempts = greatest(step.attempts, ${attempt}::int)
      returning step.xmax = 0 as is_new
    )`,
    gives: sql`(select jsonb_build_object('isNew', is_new, 'outcome', (
      select outcome from ${outcomes} where workspace_id = ${run.workspaceId}::uuid
        and instance_uuid = ${run.instanceUuid}::uuid and path = ${path}::text and ordinal = ${ordinal}::int
    )) from begun)`,
  }
  return owed.along(async (rows) => {
    const found = await writeEntries(db, run, before, { ofSession, beside: besideOwed(rows, beside) })
    if (!found) throw new Superseded('another attempt has stored the outcome of the step before')
    return { ...found, outcome: found.outcome ?? undefined }
  })
}

interface Result {
  refused?: string
  entries?: (JournalEvent & { key: string })[]
  input?: Json
  logs?: string[]
  store?: (tx: Transaction) => Promise<void>
  told?: LiveSignal[]
}

/** Whether nothing follows from what a step gave but that it is kept. */
export const isPlainResult = ({ after }: Call, { entries = [], store, refused }: Result): boolean =>
  after.length === 0 && entries.length === 0 && !store && refused === undefined

/** The outcome of a plain result, for the statement in which the next step begins. */
export const outcomeRow = (call: Call, outcome: StepOutcome, made: Result): OwedRow =>
  keeping(call, outcome, made)

/**
 * Stores what a step gave together with everything that follows from it, and with what is owed, in one transaction. Where
 * two attempts ran side by side, the first one counts, and both get its outcome.
 * @throws NotRunning when the run ended in the meantime
 */
export async function finishStep(
  db: Database,
  call: Call,
  outcome: StepOutcome,
  made: Result,
  owed = new OwedRows(),
): Promise<StepOutcome> {
  const at = new Date().toISOString()
  const following = made.refused === undefined && !outcome.pending ? call.after : []
  const entries = [...(made.entries ?? []), ...following].map((entry) => ({ ...entry, at }))
  const { store, told } = made
  try {
    await owed.along(async (owing) => {
      const beside = besideOwed(owing, keeping(call, outcome, made))
      if (!store) {
        // Where another attempt has kept its own, nothing of this one is written.
        if (!(await writeEntries(db, call.run, entries, { onlyOpen: true, beside, told })))
          throw new Superseded()
        return
      }
      const { rows } = await db.transaction(async (tx) => {
        if (!(await writeBeside(tx, beside))) throw new Superseded()
        await store(tx)
        return writeJournal(tx, call.run, entries, { onlyOpen: true, told })
      })
      if (rows) recentRows(db).keep(rows)
    })
    return outcome
  } catch (error) {
    if (!(error instanceof Superseded || error instanceof Refusal)) throw error
    const [first] = await db.select({ outcome: outcomes.outcome }).from(outcomes).where(ofCall(call))
    if (!first) throw error
    // What this one paid for is in the log, too.
    await owed.write(db)
    return first.outcome as unknown as StepOutcome
  }
}

/** Another attempt has stored its outcome. */
export class Superseded extends Error {}

/** JSON as PostgreSQL can hold it. */
const json = (value: unknown) => sql`${sql.param(value, outcomes.outcome)}::jsonb`

/** Keeps the outcome and the step's half of the run log, where there is no outcome yet. Gives whether it did. */
function keeping(call: Call, outcome: StepOutcome, made: Result): Beside<boolean> {
  const { run, path, ordinal } = call
  const { workspaceId, instanceUuid } = run
  const logs = [...(made.logs ?? []), ...(made.refused === undefined ? [] : [made.refused])]
  const written = (onlyIf: SQL) => sql`kept as (
      insert into ${outcomes} (instance_uuid, path, ordinal, workspace_id, outcome)
      select ${instanceUuid}::uuid, ${path}::text, ${ordinal}::int, ${workspaceId}::uuid, ${json(outcome)}
      where ${onlyIf}
      on conflict do nothing
      returning path
    ), logged as (
      update ${steps} set input = ${json(made.input ?? null)}, output = ${json(outcome.value ?? null)},
        logs = logs || ${json(logs)}, error = null
      where workspace_id = ${workspaceId}::uuid and instance_uuid = ${instanceUuid}::uuid and path = ${path}::text
        and exists (select from kept)
    )`
  const isKept = sql<boolean>`exists (select from kept)`
  return { written, gives: isKept, isNeeded: isKept }
}

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
