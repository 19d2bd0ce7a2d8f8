import { createServer, type Server } from 'node:http'
import { readConfig, WrongEnvironment } from '../shared/config.ts'
import { createLog, faultFields, type Logger, logWarnings } from '../shared/log.ts'
import { stopOnSignals } from '../shared/stop-on-signals.ts'
import { keepEnsuringNamespace } from '../shared/temporal/ensure-namespace.ts'
import { startTracing } from '../shared/tracing.ts'
import { forgetOldKeys } from '../storage/sql/claim-key.ts'
import { ensureWorkspace } from '../storage/sql/ensure-workspace.ts'
import { migrate } from '../storage/sql/migrate.ts'
import { createApp } from './app.ts'
import { openDeps } from './deps.ts'
import { endStreams } from './stream.ts'

/** Requests get this long to finish after the order to stop. */
const patience = 20_000

/** The API process: serves HTTP over PostgreSQL and Temporal. It starts also while Temporal is away. */
async function main(): Promise<void> {
  const config = readConfig()
  const log = createLog('api', config.LOG_LEVEL)
  logWarnings(log)
  const tracing = await startTracing('api', config.OTEL_EXPORTER_OTLP_ENDPOINT)
  await migrate(config.DATABASE_URL)
  const deps = await openDeps(config, log, tracing)
  await ensureWorkspace(deps.db)
  const stopEnsuring = keepEnsuringNamespace({
    connection: deps.connection,
    namespace: config.TEMPORAL_NAMESPACE,
    log,
  })
  const server = createServer({ requestTimeout: 11 * 60_000 }, createApp(deps))
  // Without a public address everybody on this machine is its admin, so nobody else may reach it.
  const host = config.isPublic ? '0.0.0.0' : '127.0.0.1'
  await listening(server, config.PORT, host)
  log.info({ ready: true, host, port: config.PORT }, 'the API is ready')

  const forgetting = setInterval(() => void forgetOldKeys(deps.db).catch(() => {}), 3_600_000)

  stopOnSignals(
    async () => {
      stopEnsuring()
      clearInterval(forgetting)
      await drain(server)
      await deps.close()
      await tracing?.stop()
    },
    { log, within: 24_000 },
  )
}

const listening = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new WrongEnvironment(`The port ${port} is in use: set PORT to a free one.`)
          : error,
      ),
    )
    server.listen(port, host, resolve)
  })

/** Takes no new connections, ends the streams with a hint when to come back, and lets requests finish. */
async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  endStreams(1_000)
  server.closeIdleConnections()
  const force = setTimeout(() => server.closeAllConnections(), patience)
  await closed
  clearTimeout(force)
}

function giveUp(log: Logger, error: unknown): never {
  log.fatal(faultFields(error), 'the API stopped')
  process.exit(1)
}

main().catch((error) => {
  if (!(error instanceof WrongEnvironment)) giveUp(createLog('api'), error)
  process.stderr.write(`${error.message}\n`)
  process.exit(2)
})
