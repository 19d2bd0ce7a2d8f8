import { Client, Connection } from '@temporalio/client'
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker'
import { readConfig, WrongEnvironment } from '../shared/config.ts'
import { createLog } from '../shared/log.ts'
import { connectionOptions } from '../shared/temporal/connect.ts'
import { ensureNamespace } from '../shared/temporal/ensure-namespace.ts'
import { createWorker } from './create-worker.ts'
import { createDeps } from './deps.ts'
import { startSweeper } from './sweep.ts'
import { bundleWorkflows } from './workflow-bundle.ts'

/** The worker process: polls Temporal, walks definitions, does the work of steps. */
async function main(): Promise<void> {
  const config = readConfig()
  const log = createLog('worker', config.LOG_LEVEL)
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
      log[level === 'ERROR' ? 'error' : 'warn']({ ...ids(meta) }, message),
    ),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'WARN' }), forward: {} } },
  })
  const [deps, bundle] = await Promise.all([createDeps(config), bundleWorkflows()])
  const options = await connectionOptions(config)
  const connection = await NativeConnection.connect(options)
  const client = new Client({
    connection: await Connection.connect(options),
    namespace: config.TEMPORAL_NAMESPACE,
  })
  // A run sets search attributes in its first task: without them it would stand still.
  await ensureNamespace({ connection: client.connection, namespace: config.TEMPORAL_NAMESPACE, log })
  const worker = await createWorker({ connection, namespace: config.TEMPORAL_NAMESPACE, deps, bundle })
  const sweeper = startSweeper({ db: deps.db, client, log })
  const running = worker.run()
  log.info({ ready: true, namespace: config.TEMPORAL_NAMESPACE }, 'worker is ready')
  await running
  await sweeper.stop()
  await client.connection.close()
  await connection.close()
  await deps.db.$client.end()
}

/** Of what the SDK logs, just what names a run: arguments and results are people's words. */
const ids = (meta: Record<string | symbol, unknown> | undefined) => ({
  workflowId: meta?.workflowId,
  activityType: meta?.activityType,
  error: meta?.error instanceof Error ? meta.error.message : undefined,
})

main().catch((error) => {
  if (error instanceof WrongEnvironment) process.stderr.write(`${error.message}\n`)
  else createLog('worker').fatal({ err: error }, 'the worker stopped')
  process.exit(error instanceof WrongEnvironment ? 2 : 1)
})
