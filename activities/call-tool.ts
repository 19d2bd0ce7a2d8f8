import { randomUUID } from 'node:crypto'
import type { Json, JsonObject } from '../shared/contract/json.ts'
import { secretsIn } from '../shared/contract/secure.ts'
import type { Tool } from '../shared/contract/steps/tool.ts'
import { renderAll } from '../shared/contract/template.ts'
import { fail, kindOf } from '../shared/temporal/failure.ts'
import { findCall, recordCall } from '../storage/sql/record-call.ts'
import { beginEffect, effectState, handOverEffect, setEffect } from '../storage/sql/record-effect.ts'
import type { Deps } from './deps.ts'
import { fillMarks } from './providers/tools/fill-marks.ts'
import type { ToolCall } from './providers/tools/port.ts'
import { scopeOf } from './render-call.ts'
import { type StepJob, stepActivity } from './step-activity.ts'

/** What a tool gave, as it is recorded. */
interface Answer {
  value: Json
  truncated?: true
}

/** Runs a `tool` step: one call of another system, made once, written down before its answer is used. */
export const callTool = (deps: Deps) =>
  stepActivity<Tool, Json>(deps, async (job) => {
    const { given, marks, shown } = renderArguments(job)
    const { value, truncated } = await once(deps, job, shown, (call) => {
      const { integration, operation, server, tool } = job.call.step
      if (integration !== undefined && operation !== undefined)
        return deps.tools.callOperation({ ...call, arguments: given, marks, integration, operation })
      if (server !== undefined && tool !== undefined)
        return deps.tools.callMcpTool({ ...call, arguments: given, marks, server, tool })
      throw fail('InvalidDefinition', 'The step names no tool.')
    })
    return {
      value: truncated ? { text: value, truncated } : value,
      input: shown,
      ...(truncated ? { logs: ['The answer was longer than 256 KB: what is behind that is left out.'] } : {}),
    }
  })

/**
 * The arguments, with marks where secrets belong: only what sends the call can put the secrets there. The marks are
 * random, so that nobody who writes into a value can write one.
 */
function renderArguments({ call }: StepJob<Tool>) {
  const written = call.step.arguments ?? {}
  const secure: Record<string, string> = {}
  const marks = new Map<string, string>()
  for (const name of secretsIn(written)) {
    const mark = `[secret ${name} ${randomUUID()}]`
    secure[name] = mark
    marks.set(mark, name)
  }
  const rendered = renderAll(written, { ...scopeOf(call), secure }) as JsonObject
  // A value that is not there is an argument that is not given; null is, where the step says null.
  const given = Object.fromEntries(
    Object.entries(rendered).filter(([name, value]) => value !== null || written[name] === null),
  )
  const names = new Map([...marks].map(([mark, name]) => [mark, `\${secure.${name}}`]))
  const { integration, operation, server, tool } = call.step
  const shown: JsonObject = {
    ...(integration === undefined
      ? { server: server ?? '', tool: tool ?? '' }
      : { integration, operation: operation ?? '' }),
    arguments: fillMarks(given, names),
  }
  return { given, marks, shown }
}

/**
 * Makes the call, once. What an earlier attempt was given is used again; what it handed over without getting an answer
 * may have done its work, and is not repeated. A call that can be repeated without harm never counts as handed over.
 */
async function once(
  deps: Deps,
  job: StepJob<Tool>,
  request: JsonObject,
  send: (call: Omit<ToolCall, 'arguments' | 'marks'>) => Promise<Answer>,
): Promise<Answer> {
  const { db } = deps
  const { run, path, ordinal } = job.call
  const { workspaceId, appId, instanceUuid } = run
  const place = { workspaceId, instanceUuid, path, ordinal: ordinal * 1_000 }
  const before = await findCall(db, place)
  if (before) return before.response as unknown as Answer
  const key = job.effectKey('tool')
  // Who retries a failed run has looked there, and wants it sent; the key that goes along stays the same.
  const row = run.retry ? `${key}~${run.retry}` : key
  const state = await effectState(db, workspaceId, row)
  if (state === 'handedOver' || state === 'done')
    throw fail(
      'ToolFailed',
      'The call was sent before a crash, and its answer was lost: whether it did its work is not known, so it is not sent again. Look there.',
    )
  job.at('call')
  const onHandOver = async () => {
    await beginEffect(db, { key: row, workspaceId, instanceUuid, kind: 'tool' })
    await handOverEffect(db, workspaceId, row)
  }
  const startedAt = new Date()
  try {
    const answer = await send({ workspaceId, appId, key, signal: job.signal, onHandOver })
    await recordCall(db, place, 'tool', { request, response: answer as unknown as Json, startedAt })
    await setEffect(db, workspaceId, row, 'done')
    return answer
  } catch (error) {
    // Nothing was done there, the provider says: the next attempt may send it.
    if (kindOf(error)?.code === 'ProviderBusy') await setEffect(db, workspaceId, row, 'begun')
    throw error
  }
}
