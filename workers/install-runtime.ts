import { makeTelemetryFilterString, Runtime, type RuntimeOptions } from '@temporalio/worker'
import { type Config, WrongEnvironment } from '../shared/config.ts'
import type { Logger } from '../shared/log.ts'

/** Seconds, for calls and steps that take from a moment to half an hour; people's answers take days. */
const buckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1_800, 7_200, 86_400]

/**
 * Temporal's runtime of this process: its logs become ours, and its figures stand beside ours on one Prometheus page.
 * Signals are our own business: see `stopOnSignals`.
 */
export function installRuntime(
  config: Pick<Config, 'LOG_LEVEL' | 'WORKER_METRICS_ADDRESS'>,
  log: Logger,
): Runtime {
  const { WORKER_METRICS_ADDRESS: address, LOG_LEVEL } = config
  const core = coreLevels[LOG_LEVEL] ?? 'WARN'
  try {
    const runtime = Runtime.install({
      shutdownSignals: [],
      logger: sdkLogger(log),
      telemetryOptions: {
        logging: { filter: makeTelemetryFilterString({ core, other: 'WARN' }), forward: {} },
        ...(address ? { metrics: page(address) } : {}),
      },
    })
    // It would keep what ours drops for a moment, sort it, and then hand it over: several lines for every task.
    Object.assign(runtime.logger, { severity: severities[LOG_LEVEL] })
    return runtime
  } catch (error) {
    if (!address) throw error
    throw new WrongEnvironment(
      `Nothing can listen on WORKER_METRICS_ADDRESS=${address}: set it to a free port of this machine.`,
    )
  }
}

const page = (bindAddress: string) => ({
  prometheus: {
    bindAddress,
    countersTotalSuffix: true,
    unitSuffix: true,
    useSecondsForDurations: true,
    histogramBucketOverrides: Object.fromEntries(
      ['parley_step_duration', 'parley_activity_duration', 'parley_provider_call_duration'].flatMap(
        (name) => [
          [name, buckets],
          [`${name}_seconds`, buckets],
        ],
      ),
    ),
  },
})

const coreLevels: Partial<Record<Config['LOG_LEVEL'], 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR'>> = {
  trace: 'DEBUG',
  debug: 'INFO',
  info: 'WARN',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'ERROR',
  silent: 'ERROR',
}

/** From which line on the SDK logs: by its own numbers. */
const severities: Record<Config['LOG_LEVEL'], number> = {
  trace: 0,
  debug: 1,
  info: 2,
  warn: 3,
  error: 4,
  fatal: 4,
  silent: 4,
}

type SdkLogger = NonNullable<RuntimeOptions['logger']>
type Meta = Record<string | symbol, unknown>

/** What the SDK logs, with just the fields that name something: arguments, results and messages of errors are people's words. */
function sdkLogger(log: Logger): SdkLogger {
  const write =
    (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, meta?: Meta): void =>
      log[level](fieldsOf(meta), message.split('\n', 1)[0]?.slice(0, 300))
  const to = {
    trace: write('trace'),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  }
  return {
    ...to,
    log: (level, message, meta) => to[level.toLowerCase() as keyof typeof to](message, meta as Meta),
  }
}

const named = ['workflowType', 'activityType', 'activityId', 'attempt', 'runId', 'taskQueue', 'sdkComponent']

function fieldsOf(meta: Meta = {}): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const name of named) if (meta[name] !== undefined) fields[name] = meta[name]
  Object.assign(fields, idsOf(meta.workflowId))
  const { error } = meta
  if (error instanceof Error) fields.fault = 'type' in error && error.type ? String(error.type) : error.name
  return fields
}

/** The ids in a workflow's id: `ws:{workspaceId}:run:{instanceUuid}`. */
export function idsOf(workflowId: unknown): Record<string, string> {
  const [, workspaceId, kind, id] =
    /^ws:([0-9a-f-]{36}):([a-z]+):([0-9a-f-]{36})/.exec(String(workflowId)) ?? []
  if (!workspaceId || !kind || !id) return {}
  return { workspaceId, ...(kind === 'run' ? { instanceUuid: id } : { [`${kind}Id`]: id }) }
}
