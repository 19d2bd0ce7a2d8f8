import type { ActivityInterceptorsFactory, InjectedSinks } from '@temporalio/worker'
import type { Tracing } from '../shared/tracing.ts'
import type { TracingSinks } from '../workflows/tracing.ts'

/** What a worker needs so that activities continue the trace that started their workflow, and workflows tell of themselves. */
export async function traceWorker(
  tracing: Tracing | undefined,
): Promise<{ activity: ActivityInterceptorsFactory[]; sinks: InjectedSinks<TracingSinks> }> {
  const over = tracing?.record ?? (() => {})
  const sinks: InjectedSinks<TracingSinks> = {
    tracing: {
      over: { fn: ({ workflowId }, span) => over({ ...span, workflowId }), callDuringReplay: false },
    },
  }
  if (!tracing) return { activity: [], sinks }
  const { OpenTelemetryActivityInboundInterceptor } = await import(
    '@temporalio/interceptors-opentelemetry/lib/worker/index.js'
  )
  return {
    activity: [(context) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(context) })],
    sinks,
  }
}
