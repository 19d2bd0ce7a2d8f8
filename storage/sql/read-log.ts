import { and, asc, eq, inArray } from 'drizzle-orm'
import type { RunLog } from '../../shared/contract/api/instances.ts'
import type { Database } from './database.ts'
import type { InstanceRow } from './find-instance.ts'
import { calls, journal, steps } from './schema.ts'

type LoggedStep = RunLog['steps'][number]

/** A run's log: the steps as the journal tells them, with what their activities kept: attempts, input, output, calls. */
export async function readLog(db: Database, run: InstanceRow): Promise<RunLog> {
  const [told, kept, made] = await Promise.all([
    db
      .select({ event: journal.event, data: journal.data, at: journal.at })
      .from(journal)
      .where(
        and(
          eq(journal.workspaceId, run.workspaceId),
          eq(journal.instanceUuid, run.instanceUuid),
          inArray(journal.event, ['stepStarted', 'stepFinished', 'stepFailed']),
        ),
      )
      .orderBy(asc(journal.seq)),
    db
      .select()
      .from(steps)
      .where(and(eq(steps.workspaceId, run.workspaceId), eq(steps.instanceUuid, run.instanceUuid))),
    db
      .select()
      .from(calls)
      .where(and(eq(calls.workspaceId, run.workspaceId), eq(calls.instanceUuid, run.instanceUuid)))
      .orderBy(asc(calls.path), asc(calls.ordinal)),
  ])
  const logged = new Map<string, LoggedStep>()
  for (const entry of told) tellStep(logged, entry)
  for (const row of kept) {
    const step = logged.get(row.path)
    if (!step) continue
    step.attempts = Math.max(step.attempts, row.attempts)
    step.input = row.input
    step.output = row.output ?? step.output
    step.logs = row.logs
    step.error = row.error ?? step.error
  }
  for (const call of made) addCall(logged.get(call.path), call)
  const open = run.status === 'completed' ? 'completed' : run.status
  for (const step of logged.values()) if (step.status === 'running') step.status = open
  const start = { user_message_type: null, trigger: null, user_message: null }
  return {
    input: run.startOrder.input ?? null,
    output: run.view.output ?? null,
    memory: null,
    userMessageType: null,
    trigger: null,
    start: { output: start },
    steps: [...logged.values()],
  }
}

function tellStep(
  logged: Map<string, LoggedStep>,
  { event, data, at }: { event: string; data: Record<string, unknown>; at: Date },
): void {
  const path = String(data.path)
  const time = at.toISOString()
  const step: LoggedStep = logged.get(path) ?? {
    stepId: String(data.stepId),
    path,
    title: String(data.title ?? ''),
    type: String(data.type ?? ''),
    status: 'running',
    startedAt: time,
    finishedAt: null,
    attempts: 1,
    input: null,
    output: null,
    logs: [],
    modelCalls: [],
    toolCalls: [],
    error: null,
  }
  logged.set(path, step)
  if (event === 'stepStarted') return
  step.finishedAt = time
  step.status = data.status as LoggedStep['status']
  if (event === 'stepFailed') step.error = data.error as LoggedStep['error']
  else {
    step.output = data.output ?? null
    step.error = null
  }
}

function addCall(step: LoggedStep | undefined, call: typeof calls.$inferSelect): void {
  const finishedAt = call.finishedAt.toISOString()
  if (call.kind === 'tool')
    step?.toolCalls.push({ request: call.request, response: call.response, finishedAt })
  else
    step?.modelCalls.push({
      prompt: call.request,
      response: call.response,
      model: call.model,
      tokens: { in: call.tokensIn, out: call.tokensOut },
      cost: null,
      finishedAt,
    })
}
