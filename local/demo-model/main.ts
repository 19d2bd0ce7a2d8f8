import { createDemoModel, demoModelName } from './server.ts'

/** `PORT` to listen on (on loopback only), `DEMO_MODEL_DELAY_MS` between two words of a stream. */
const port = Number(process.env.PORT ?? 4010)
const delay = process.env.DEMO_MODEL_DELAY_MS

const server = createDemoModel(delay === undefined || delay === '' ? {} : { delayMs: Number(delay) })
server.on('error', (error: NodeJS.ErrnoException) => {
  process.stderr.write(
    error.code === 'EADDRINUSE' ? `Port ${port} is in use. Set PORT to another one.\n` : `${error.message}\n`,
  )
  process.exit(1)
})
server.listen(port, '127.0.0.1', () =>
  process.stdout.write(`${demoModelName} listens on http://127.0.0.1:${port}/v1\n`),
)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    server.close(() => process.exit(0))
    server.closeAllConnections()
  })
}
