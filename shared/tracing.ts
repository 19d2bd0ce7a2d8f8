import type { Context, Span as OtelSpan } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node'
import type { WorkflowClientInterceptor } from '@temporalio/client'

type Fields = Record<string, string | number | boolean>

/** Something under way, as one bar of a trace. */
interface Span {
  /** What is done in here, asynchronous work included, belongs to this span. */
  inside<T>(act: () => T): T
  end(more?: { name?: string; fields?: Fields; failed?: boolean }): void
}

/** A span that was made elsewhere. */
interface PastSpan {
  name: string
  traceId: string
  spanId: string
  parentSpanId: string
  began: string
  ended: string
  failed: boolean
  workflowId: string
}

export interface Tracing {
  /** Begins a span below the one that is under way; or below a caller's, named by its `traceparent` header. */
  begin(name: string, traceparent?: string): Span
  /** For the Temporal client: what it starts belongs to the same trace. */
  clientInterceptors: WorkflowClientInterceptor[]
  /** Takes a span that is over, from where no span can be begun: the workflow sandbox. */
  record(span: PastSpan): void
  /** Sends what is left. */
  stop(): Promise<void>
}

let traceOfNow: (() => object) | undefined

/** The ids that lead from a log line to its trace. */
export const currentTrace = (): object => traceOfNow?.() ?? {}

/**
 * Sends spans to an OpenTelemetry collector. Without an endpoint nothing is loaded and nothing is done.
 * What spans tell is listed in `told`: ids, names and numbers, never what people write.
 */
export async function startTracing(
  process: string,
  endpoint: string | undefined,
): Promise<Tracing | undefined> {
  if (!endpoint) return undefined
  const [otel, core, { Resource }, sdk, { OTLPTraceExporter }, temporal] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/core'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@temporalio/interceptors-opentelemetry/lib/client/index.js'),
  ])
  const resource = new Resource({ 'service.name': `parley-${process}` })
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`
  const processor = new sdk.BatchSpanProcessor(withoutWords(new OTLPTraceExporter({ url })))
  const provider = new sdk.NodeTracerProvider({ resource, spanProcessors: [processor] })
  // No baggage: it is a caller's free text, and would travel into Temporal's history.
  provider.register({ propagator: new core.W3CTraceContextPropagator() })
  const tracer = provider.getTracer('parley')
  const { context, propagation, SpanStatusCode, trace } = otel
  traceOfNow = () => {
    const now = trace.getActiveSpan()?.spanContext()
    return now ? { traceId: now.traceId, spanId: now.spanId } : {}
  }
  const below = (traceparent: string | undefined): Context =>
    traceparent === undefined ? context.active() : propagation.extract(context.active(), { traceparent })
  return {
    begin: (name, traceparent) => {
      const parent = below(traceparent)
      const span: OtelSpan = tracer.startSpan(name, {}, parent)
      return {
        inside: (act) => context.with(trace.setSpan(parent, span), act),
        end: ({ name: better, fields, failed } = {}) => {
          if (better) span.updateName(better)
          if (fields) span.setAttributes(fields)
          if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
        },
      }
    },
    clientInterceptors: [new temporal.OpenTelemetryWorkflowClientInterceptor({ tracer })],
    record: ({ name, traceId, spanId, parentSpanId, began, ended, failed, workflowId }) =>
      processor.onEnd({
        name,
        kind: otel.SpanKind.INTERNAL,
        spanContext: () => ({ traceId, spanId, traceFlags: otel.TraceFlags.SAMPLED }),
        parentSpanId,
        startTime: core.millisToHrTime(Date.parse(began)),
        endTime: core.millisToHrTime(Date.parse(ended)),
        duration: core.millisToHrTime(Date.parse(ended) - Date.parse(began)),
        ended: true,
        status: { code: failed ? SpanStatusCode.ERROR : SpanStatusCode.OK },
        attributes: { temporalWorkflowId: workflowId },
        links: [],
        events: [],
        resource,
        instrumentationLibrary: { name: 'parley' },
        droppedAttributesCount: 0,
        droppedEventsCount: 0,
        droppedLinksCount: 0,
      }),
    stop: () => provider.shutdown().catch(() => {}),
  }
}

/** Attributes that leave the process. Temporal's interceptors add others, with messages of errors and memos among them. */
const told = new Set([
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'temporalWorkflowId',
  'temporalActivityId',
  'temporalUpdateId',
  'run_id',
  'provider',
  'model',
  'tokensIn',
  'tokensOut',
  'outcome',
])

/** Passes spans on with what is told and nothing else. */
const withoutWords = (exporter: SpanExporter): SpanExporter => ({
  export: (spans, done) => exporter.export(spans.map(plain), done),
  shutdown: () => exporter.shutdown(),
  forceFlush: async () => exporter.forceFlush?.(),
})

const plain = (span: ReadableSpan): ReadableSpan => ({
  name: span.name,
  kind: span.kind,
  spanContext: () => ({ ...span.spanContext() }),
  ...(span.parentSpanId ? { parentSpanId: span.parentSpanId } : {}),
  startTime: span.startTime,
  endTime: span.endTime,
  duration: span.duration,
  ended: span.ended,
  status: { code: span.status.code },
  attributes: Object.fromEntries(Object.entries(span.attributes).filter(([name]) => told.has(name))),
  links: [],
  events: [],
  resource: span.resource,
  instrumentationLibrary: span.instrumentationLibrary,
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
})
