import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Given, GivenStep } from '../../shared/contract/given.ts'
import type { JournalEvent } from '../../shared/contract/journal.ts'
import type { Json } from '../../shared/contract/json.ts'
import type { StepOutcome } from '../../shared/contract/step-call.ts'
import type { Database } from './database.ts'
import { journal, outcomes } from './schema.ts'

/** Steps that a run may have done and still be taken up again. */
const mostSteps = 20_000

type Told = Extract<
  JournalEvent,
  { event: 'stepFinished' | 'stepFailed' | 'requestOpened' | 'requestClosed' | 'instanceFinished' }
> & { at: Date; seq: number }

interface Place {
  workspaceId: string
  instanceUuid: string
}

/**
 * What a run has done so far, as a later pass takes it over. With `until` (the id of a question) what it had done before
 * that question was answered; otherwise everything but the step that the run failed at.
 * @throws Refusal `TooLarge`
 */
export async function readGiven(db: Database, place: Place, until?: string): Promise<Given> {
  const told = await readTold(db, place, until)
  const failedAt = until === undefined ? pathsOfTheEnd(told) : new Set<string>()
  const steps: Record<string, GivenStep> = {}
  for (const entry of told) {
    if (entry.event !== 'stepFinished' && entry.event !== 'stepFailed') continue
    if (failedAt.has(entry.path) && entry.event === 'stepFailed') delete steps[entry.path]
    else steps[entry.path] = stepOf(entry)
  }
  if (Object.keys(steps).length > mostSteps)
    throw new Refusal('TooLarge', `this run has done more than ${mostSteps} steps: start a new one`)
  await addOutcomes(db, place, steps)
  const asked = until === undefined ? undefined : told.find(opens(until))
  return { steps, memos: memosOf(told), ...(asked ? { askedAt: asked.path } : {}) }
}

const opens =
  (requestId: string) =>
  (entry: Told): entry is Extract<Told, { event: 'requestOpened' }> =>
    entry.event === 'requestOpened' && entry.requestId === requestId

async function readTold(db: Database, place: Place, until: string | undefined): Promise<Told[]> {
  const rows = await db
    .select({ seq: journal.seq, event: journal.event, data: journal.data, at: journal.at })
    .from(journal)
    .where(
      and(
        eq(journal.workspaceId, place.workspaceId),
        eq(journal.streamId, place.instanceUuid),
        // Not what a subworkflow asked: it is done as a whole, or not at all.
        eq(journal.instanceUuid, place.instanceUuid),
        inArray(journal.event, [
          'stepFinished',
          'stepFailed',
          'requestOpened',
          'requestClosed',
          'instanceFinished',
        ]),
      ),
    )
    .orderBy(asc(journal.seq))
  const told = rows.map(({ seq, event, data, at }) => ({ ...data, event, at, seq }) as Told)
  const cut = told.findIndex(
    (entry) => entry.event === 'requestClosed' && entry.requestId === until && entry.outcome === 'answered',
  )
  return cut < 0 ? told : told.slice(0, cut)
}

/** The step that a run failed at, and those around it: read backwards from its end, from the outermost inwards. */
function pathsOfTheEnd(told: Told[]): Set<string> {
  const end = told.findLastIndex(({ event }) => event === 'instanceFinished')
  const chain = new Set<string>()
  let around = ''
  for (const entry of told.slice(0, Math.max(end, 0)).reverse()) {
    if (entry.event === 'instanceFinished') break
    if (entry.event !== 'stepFailed') continue
    const isInside =
      around === '' || entry.path.startsWith(`${around}.`) || entry.path.startsWith(`${around}[`)
    if (!isInside) continue
    chain.add(entry.path)
    around = entry.path
  }
  return chain
}

const stepOf = (entry: Extract<Told, { event: 'stepFinished' | 'stepFailed' }>): GivenStep =>
  entry.event === 'stepFailed'
    ? { status: 'failed', error: entry.error }
    : {
        status: entry.status,
        ...(entry.output === undefined ? {} : { result: entry.output }),
      }

/** Results of activities stand with the activity. */
async function addOutcomes(db: Database, place: Place, steps: Record<string, GivenStep>): Promise<void> {
  const rows = await db
    .selectDistinctOn([outcomes.path], { path: outcomes.path, outcome: outcomes.outcome })
    .from(outcomes)
    .where(and(eq(outcomes.workspaceId, place.workspaceId), eq(outcomes.instanceUuid, place.instanceUuid)))
    .orderBy(outcomes.path, sql`${outcomes.ordinal} desc`)
  for (const { path, outcome } of rows) {
    const step = steps[path]
    if (step?.status !== 'completed') continue
    const { value, label } = outcome as unknown as StepOutcome
    if (value !== undefined && step.result === undefined) step.result = value
    if (label) step.label = label
  }
}

const decisions: Record<string, string> = {
  approved: 'approve',
  rejected: 'reject',
  changes: 'changes',
  expired: 'expired',
}

/** What approvals and questions had settled that were still under way: rounds decided, a question that expired. */
function memosOf(told: Told[]): Given['memos'] {
  const memos: Given['memos'] = {}
  const opened = new Map<string, Extract<Told, { event: 'requestOpened' }>>()
  for (const entry of told) {
    if (entry.event === 'requestOpened') opened.set(entry.requestId, entry)
    if (entry.event !== 'requestClosed') continue
    const request = opened.get(entry.requestId)
    const decision = decisions[entry.outcome]
    if (!request || !decision) continue
    memos[request.path] ??= {}
    const memo = memos[request.path] as Record<string, Json>
    if (request.kind === 'answer') memo.expired = true
    else
      memo[`decided${Object.keys(memo).length}`] = {
        result: {
          decision,
          by: entry.by?.userId ?? null,
          at: entry.at.toISOString(),
          comment: entry.comment ?? null,
          text: entry.edited ?? request.artifact?.text ?? null,
        },
        name: entry.by?.name ?? entry.by?.userId ?? '',
      }
  }
  return memos
}
