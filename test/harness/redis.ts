import { connect } from 'node:net'
import type { Child } from '../../local/child.ts'
import type { Children } from '../../local/children.ts'
import { freePort } from '../../local/ports.ts'

/** A real Redis, without a disk: a way of live events has nothing to keep. */
export async function startRedis(
  children: Children,
  port?: number,
): Promise<{ url: string; port: number; child: Child }> {
  const chosen = port ?? (await freePort())
  const child = await children.start({
    name: 'redis',
    command: 'redis-server',
    args: ['--bind', '127.0.0.1', '--port', `${chosen}`, '--save', '', '--appendonly', 'no'],
    isReady: () => answers(chosen),
    startWithinMs: 20_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
  })
  return { url: `redis://127.0.0.1:${chosen}`, port: chosen, child }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (isUp: boolean) => {
      socket.destroy()
      resolve(isUp)
    }
    socket.setTimeout(1_000, () => end(false))
    socket.on('error', () => end(false))
    socket.on('connect', () => socket.write('PING\r\n'))
    socket.on('data', (bytes) => end(bytes.toString().startsWith('+PONG')))
  })
