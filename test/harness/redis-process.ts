import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Children } from '../../local/children.ts'
import { claimDataFolder } from '../../local/data-folder.ts'
import { startRedis } from './redis.ts'

export interface RedisProcess {
  url: string
  kill(): void
  /** It takes connections, and answers nothing. */
  freeze(): void
  /** Whatever was done to it: it serves again when this resolves. */
  back(): Promise<void>
  close(): Promise<void>
}

/** A real Redis that a test may mistreat. */
export async function redisProcess(): Promise<RedisProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-redis-'))
  const where = claimDataFolder(folder, { api: 'tests' })
  const children = new Children(where, { restart: false })
  const { url, port, child } = await startRedis(children)
  let running = child
  let state: 'serves' | 'killed' | 'frozen' = 'serves'
  const signal = (name: NodeJS.Signals) => process.kill(running.pid as number, name)
  const back = async () => {
    if (state === 'frozen') signal('SIGCONT')
    if (state === 'killed') running = (await startRedis(children, port)).child
    state = 'serves'
  }
  return {
    url,
    kill: () => {
      signal('SIGKILL')
      state = 'killed'
    },
    freeze: () => {
      signal('SIGSTOP')
      state = 'frozen'
    },
    back,
    close: async () => {
      await back()
      await children.stop()
      where.release()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
