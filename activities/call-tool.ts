import { randomUUID } from 'node:crypto'
import type { Json, JsonObject } from '../shared/contract/json.ts'
import { secretsIn } from '../shared/contract/secure.ts'
import type { Tool } from '../shared/contract/steps/tool.ts'
import { renderAll } from '../shared/contract/template.ts'
import { fail } from '../shared/temporal/failure.ts'
import { callOnce } from './call-once.ts'
import type { Deps } from './deps.ts'
import { fillMarks } from './providers/tools/fill-marks.ts'
import { scopeOf } from './render-call.ts'
import { type StepJob, stepActivity } from './step-activity.ts'

/** Runs a `tool` step: one call of another system, made once, written down before its answer is used. */
export const callTool = (deps: Deps) =>
  stepActivity<Tool, Json>(deps, async (job) => {
    const { given, marks, shown } = renderArguments(job)
    const { run, path, ordinal } = job.call
    const { workspaceId, appId, instanceUuid } = run
    job.at('call')
    const { value, truncated } = await callOnce(deps, {
      place: { workspaceId, appId, instanceUuid, path, ordinal: ordinal * 1_000 },
      key: job.effectKey('tool'),
      isNew: job.isNew,
      retry: run.retry,
      signal: job.signal,
      request: shown,
      send: (call) => {
        const { integration, operation, server, tool } = job.call.step
        if (integration !== undefined && operation !== undefined)
          return deps.tools.callOperation({
            ...call,
            secure: run.secure,
            arguments: given,
            marks,
            integration,
            operation,
          })
        if (server !== undefined && tool !== undefined)
          return deps.tools.callMcpTool({
            ...call,
            secure: run.secure,
            arguments: given,
            marks,
            server,
            tool,
          })
        throw fail('InvalidDefinition', 'The step names no tool.')
      },
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
