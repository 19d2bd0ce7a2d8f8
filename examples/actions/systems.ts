// The systems that the account desk works with, on one port of this machine: accounts, an SMS gateway, payments.
import { createSystems } from './create-systems.ts'

const server = createSystems()
const port = Number(process.env.PORT ?? 4020)
server.on('error', (error: Error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
server.listen(port, '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`))

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    server.close(() => process.exit(0))
    server.closeAllConnections()
  })
