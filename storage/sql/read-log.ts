import type { SQL } from 'drizzle-orm'
import type { LoggedStep, LogQuery, RunLog } from '../../shared/contract/api/run-log.ts'
import { cut } from './cut-value.ts'
import type { Database } from './database.ts'
import type { InstanceRow } from './find-instance.ts'
import {
  type KeptStep,
  listChildren,
  listPaths,
  type MadeCall,
  readCalls,
  readKept,
  readOutcomes,
  readTold,
  type ToldStep,
} from './log-rows.ts'
import { readTotals } from './read-totals.ts'
import { readTurn } from './read-turn.ts'

/**
 * A page of a run's log: steps as the journal tells them, in the order they began, with what their activities kept:
 * attempts, input, output, calls. Long values are cut where PostgreSQL reads them, unless they are asked for whole.
 */
export async function readLog(db: Database, run: InstanceRow, ask: LogQuery): Promise<RunLog> {
  const shown = ask.whole ? (value: SQL) => value : cut
  const [page, totals, children] = await Promise.all([
    listPaths(db, run, ask),
    readTotals(db, run),
    listChildren(db, run),
  ])
  const paths = page.items
  const [told, kept, made, given] = await Promise.all([
    readTold(db, run, [...new Set(paths.flatMap(withContainers))], shown),
    readKept(db, run, paths, shown),
    readCalls(db, run, paths, shown),
    readOutcomes(db, run, paths, shown),
  ])
  const lives = livesOf(told)
  const logged = new Map<string, LoggedStep>()
  for (const path of paths) {
    const life = lives.get(path)
    if (!life) continue
    const step = { ...life.step, childInstanceUuid: children.get(path) ?? null }
    addKept(step, kept.get(path), run.retries)
    step.output ??= given.get(path) ?? null
    step.logs = [...earlierErrors({ ...life, step }), ...step.logs]
    logged.set(path, settled(step, life, lives, run))
  }
  for (const call of made) addCall(logged.get(call.path), call)
  return {
    ...(run.chatSessionId ? await readTurn(db, run, run.chatSessionId) : runLog(run)),
    totals,
    steps: [...logged.values()],
    nextCursor: page.nextCursor,
  }
}

/** What the log of a run says beside its steps. */
const runLog = ({ startOrder, view }: InstanceRow) => ({
  input: startOrder.input ?? null,
  output: view.output ?? null,
  memory: null,
  error: view.error,
  userMessageType: null,
  trigger: null,
  start: { output: { user_message_type: null, trigger: null, user_message: null } },
})

/** `a[2].b` stands in `a[2]` and in `a`. */
const withContainers = (inner: string): string[] => [inner, ...containersOf(inner)]

function containersOf(inner: string): string[] {
  const outer = /^(.*?)(?:\[\d+\])?(?:\.[^.[\]]+|\[\d+\])$/s.exec(inner)?.[1]
  return outer ? [outer, ...containersOf(outer)] : []
}

/** A step as the journal tells it. */
interface Life {
  step: LoggedStep
  /** Sequence numbers of its last start and its last end. */
  began: number
  ended: number | null
  failures: { at: string; code: string; message: string }[]
}

function livesOf(told: ToldStep[]): Map<string, Life> {
  const lives = new Map<string, Life>()
  for (const entry of told) {
    const life = lives.get(entry.path) ?? lifeOf(entry)
    lives.set(entry.path, life)
    tell(life, entry)
  }
  return lives
}

const lifeOf = ({ path, data, at, seq }: ToldStep): Life => ({
  began: seq,
  ended: null,
  failures: [],
  step: {
    stepId: String(data.stepId),
    path,
    title: String(data.title ?? ''),
    type: String(data.type ?? ''),
    status: 'running',
    startedAt: at.toISOString(),
    finishedAt: null,
    attempts: 1,
    input: null,
    output: null,
    logs: [],
    modelCalls: [],
    toolCalls: [],
    error: null,
    childInstanceUuid: null,
  },
})

function tell(life: Life, { event, data, output, at, seq }: ToldStep): void {
  const { step } = life
  if (event === 'stepStarted') {
    // Taken up again after a failure.
    if (life.ended !== null)
      Object.assign(step, { status: 'running', startedAt: at.toISOString(), finishedAt: null, error: null })
    Object.assign(life, { began: seq, ended: null })
    return
  }
  life.ended = seq
  step.finishedAt = at.toISOString()
  step.status = data.status as LoggedStep['status']
  step.error = event === 'stepFailed' ? (data.error as LoggedStep['error']) : null
  if (step.error) life.failures.push({ at: step.finishedAt, ...step.error })
  else step.output = output ?? null
}

function addKept(step: LoggedStep, kept: KeptStep | undefined, retries: number): void {
  if (!kept) return
  step.attempts = Math.max(step.attempts, kept.attempts)
  step.input = kept.input
  step.output = kept.output ?? step.output
  step.logs = [...kept.logs]
  // Why its last attempt failed, while it is tried again.
  if (step.status === 'running' && kept.error && (kept.error.retry ?? 0) === retries)
    step.error = { code: kept.error.code, message: kept.error.message }
}

/** Failures of earlier passes that the step's own record does not tell. */
const earlierErrors = ({ failures, step }: Life): string[] =>
  failures
    .slice(0, step.status === 'failed' ? -1 : undefined)
    .filter(({ code }) => !step.logs.some((line) => line.includes(` ${code}: `)))
    .map(({ at, code, message }) => `${at} ${code}: ${message}`)

/** A step without an end: it waits, it works, or it was cut off by the end of what stands around it. */
function settled(step: LoggedStep, life: Life, lives: Map<string, Life>, run: InstanceRow): LoggedStep {
  if (step.status !== 'running') return step
  const cutBy = containersOf(step.path)
    .map((outer) => lives.get(outer))
    .find((outer) => outer && outer.ended !== null && outer.ended > life.began)
  const cutAt = cutBy?.step.finishedAt ?? run.finishedAt?.toISOString()
  if (cutAt !== undefined) return { ...step, status: 'cancelled', finishedAt: cutAt }
  const waits = run.view.requests.some((request) =>
    request.instanceUuid === run.instanceUuid
      ? request.path === step.path
      : request.instanceUuid === step.childInstanceUuid,
  )
  return waits ? { ...step, status: 'waiting' } : step
}

function addCall(step: LoggedStep | undefined, call: MadeCall): void {
  const { startedAt, finishedAt, request, response } = call
  const times = {
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt.toISOString(),
    durationMs: startedAt ? Math.max(0, finishedAt.getTime() - startedAt.getTime()) : null,
  }
  if (call.kind === 'tool') step?.toolCalls.push({ request, response, ...times })
  else
    step?.modelCalls.push({
      prompt: request,
      response,
      model: call.model,
      tokens: { in: call.tokensIn, out: call.tokensOut },
      cost: call.cost,
      currency: call.currency,
      ...times,
    })
}
