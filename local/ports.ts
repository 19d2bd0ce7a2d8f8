import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { StartProblem } from './start-problem.ts'

/** Whether nobody listens on this port, neither on all addresses nor on loopback alone. */
export async function isFree(port: number): Promise<boolean> {
  return (await canListen(port)) && (await canListen(port, '127.0.0.1'))
}

/**
 * Ports that no system gives to outgoing connections (Linux from 32768 on, the others from 49152): one of those may be taken by
 * such a connection between being found free and being used, or while the server that has it starts again.
 */
const range = { first: 20_000, last: 32_000 }
const tries = 20

/** The preferred port, or where that is taken another one: for what nobody types by hand. */
export async function freePort(preferred = 0): Promise<number> {
  if (preferred !== 0 && (await isFree(preferred))) return preferred
  for (let look = 0; look < tries; look++) {
    const port = randomInt(range.first, range.last)
    if (await isFree(port)) return port
  }
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** For a port that people know by heart: taken, it is named, with what to do. */
export async function requireFree(port: number, what: string, cure: string): Promise<void> {
  if (!(await isFree(port)))
    throw new StartProblem(`Port ${port} (${what}) is in use by another program.`, cure)
}

function canListen(port: number, host?: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false)
      else reject(error)
    })
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
