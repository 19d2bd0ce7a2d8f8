import { Client, Connection } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { readConfig, WrongEnvironment } from '../shared/config.ts'
import { createLog, faultFields, logWarnings } from '../shared/log.ts'
import { stopOnSignals } from '../shared/stop-on-signals.ts'
import { compressionTo, connectionOptions } from '../shared/temporal/connect.ts'
import { createDataConverter } from '../shared/temporal/data-converter.ts'
import { ensureNamespace } from '../shared/temporal/ensure-namespace.ts'
import { startTracing } from '../shared/tracing.ts'
import { createWorker } from './create-worker.ts'
import { createDeps } from './deps.ts'
import { installRuntime } from './install-runtime.ts'
import { startSweeper } from './sweep.ts'
import { startPayloadSweeper } from './sweep-payloads.ts'
import { traceWorker } from './trace-worker.ts'
import { watchActivities } from './watch-activities.ts'
import { watchProcess } from './watch-process.ts'
import { watchProviders } from './watch-providers.ts'
import { bundleWorkflows } from './workflow-bundle.ts'

/** The worker process: polls Temporal, walks definitions, does the work of steps. */
async function main(): Promise<void> {
  const config = readConfig()
  const log = createLog('worker', config.LOG_LEVEL)
  logWarnings(log)
  const meter = installRuntime(config, log).metricMeter
  const tracing = await startTracing('worker', config.OTEL_EXPORTER_OTLP_ENDPOINT)
  const isMain = config.WORKER_ROLES.includes('main')
  const encryptionKeys = config.PARLEY_ENCRYPTION_KEY
  const [deps, bundle] = await Promise.all([
    createDeps(config, log),
    isMain ? bundleWorkflows({ encrypted: encryptionKeys !== undefined }) : undefined,
  ])
  const dataConverter = createDataConverter({ payloads: deps.assets.payloads, encryptionKeys })
  const options = await connectionOptions(config)
  const connection = await NativeConnection.connect({
    ...options,
    grpcCompression: compressionTo(config.TEMPORAL_ADDRESS),
  })
  const client = new Client({
    connection: await Connection.connect(options),
    namespace: config.TEMPORAL_NAMESPACE,
    dataConverter,
    interceptors: { workflow: tracing?.clientInterceptors ?? [] },
  })
  // A run sets search attributes in its first task: without them it would stand still.
  await ensureNamespace({ connection: client.connection, namespace: config.TEMPORAL_NAMESPACE, log })
  const traced = await traceWorker(tracing)
  const worker = await createWorker({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    deps: watchProviders(deps, { meter, tracing }),
    dataConverter,
    bundle,
    media: config.WORKER_ROLES.includes('media'),
    watch: { ...traced, activity: [...traced.activity, watchActivities({ meter, log })] },
  })
  const helped = meter.createCounter('parley_sweeps', undefined, 'Runs that the sweeper had to help')
  const onHelp = (how: string) => helped.add(1, { how })
  const sweeper = isMain ? startSweeper({ db: deps.db, client, log, onHelp }) : undefined
  const stopSweepingPayloads = isMain
    ? startPayloadSweeper({ db: deps.db, client, payloads: deps.assets.payloads, log })
    : undefined
  const watched = watchProcess(meter)
  const running = worker.run()
  const isStopping = stopOnSignals(
    async () => {
      worker.shutdown()
      // What did not end in time is taken up by another worker.
      await running.catch((error: unknown) => log.warn(faultFields(error), 'work was left behind'))
      watched.stop()
      stopSweepingPayloads?.()
      await sweeper?.stop()
      await client.connection.close()
      await connection.close()
      await deps.close()
      await tracing?.stop()
    },
    { log, within: 24_000 },
  )
  log.info(
    { ready: true, namespace: config.TEMPORAL_NAMESPACE, roles: config.WORKER_ROLES },
    'worker is ready',
  )
  await running.catch((error: unknown) => {
    if (!isStopping()) throw error
  })
}

main().catch((error) => {
  if (error instanceof WrongEnvironment) process.stderr.write(`${error.message}\n`)
  else createLog('worker').fatal(faultFields(error), 'the worker stopped')
  process.exit(error instanceof WrongEnvironment ? 2 : 1)
})
