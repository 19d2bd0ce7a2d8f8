import {
  defaultPayloadConverter,
  type Headers,
  proxySinks,
  type Sinks,
  type WorkflowInterceptors,
  workflowInfo,
} from '@temporalio/workflow'

/** A span of a workflow as it leaves the sandbox. */
export interface WorkflowSpan {
  name: string
  traceId: string
  spanId: string
  parentSpanId: string
  began: string
  ended: string
  failed: boolean
}

export interface TracingSinks extends Sinks {
  tracing: { over(span: WorkflowSpan): void }
}

const { tracing } = proxySinks<TracingSinks>()

/** Where OpenTelemetry's interceptors of clients and activities put and look for the trace. */
const header = '_tracer-data'

interface Place {
  traceId: string
  spanId: string
}

/** The place in a trace that whoever called belongs to; undefined where nobody traces. */
function placeIn(headers: Headers): Place | undefined {
  const given =
    headers[header] && defaultPayloadConverter.fromPayload<{ traceparent?: string }>(headers[header])
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(given?.traceparent ?? '') ?? []
  return traceId && spanId ? { traceId, spanId } : undefined
}

/** Made of an id that is there anyway: a random one would change the random ids that follow it. */
const spanIdFrom = (id: string): string =>
  id
    .replaceAll(/[^0-9a-f]/g, '')
    .padStart(16, '1')
    .slice(-16)

/**
 * Continues the trace of whoever started a workflow in its activities. Where nobody traces, it does nothing. It never
 * waits: one turn of the promise queue more or less would put commands in another order, and live runs would stand
 * still. The SDK's own interceptors do wait, and so cannot be switched on under runs that are under way.
 */
export const interceptors = (): WorkflowInterceptors => {
  let run: Place | undefined
  const passOn = (headers: Headers): Headers =>
    run
      ? {
          ...headers,
          [header]: defaultPayloadConverter.toPayload({ traceparent: `00-${run.traceId}-${run.spanId}-01` }),
        }
      : headers
  const watch = (name: string, parent: Place, spanId: string, work: Promise<unknown>): void => {
    const began = new Date().toISOString()
    const over = (failed: boolean) => () =>
      tracing.over({
        name,
        traceId: parent.traceId,
        spanId,
        parentSpanId: parent.spanId,
        began,
        ended: new Date().toISOString(),
        failed,
      })
    work.then(over(false), over(true))
  }
  return {
    inbound: [
      {
        execute: (input, next) => {
          const parent = placeIn(input.headers)
          const { runId, workflowType } = workflowInfo()
          if (!parent) return next(input)
          run = { traceId: parent.traceId, spanId: spanIdFrom(runId) }
          const work = next(input)
          watch(`RunWorkflow:${workflowType}`, parent, run.spanId, work)
          return work
        },
        handleUpdate: (input, next) => {
          const parent = placeIn(input.headers)
          const work = next(input)
          if (parent) watch(`HandleUpdate:${input.name}`, parent, spanIdFrom(input.updateId), work)
          return work
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next({ ...input, headers: passOn(input.headers) }),
        scheduleLocalActivity: (input, next) => next({ ...input, headers: passOn(input.headers) }),
        startChildWorkflowExecution: (input, next) => next({ ...input, headers: passOn(input.headers) }),
        continueAsNew: (input, next) => next({ ...input, headers: passOn(input.headers) }),
      },
    ],
  }
}
