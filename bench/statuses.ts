import type { InstanceStatus } from '../shared/contract/journal.ts'
import { openLive } from '../storage/live/live.ts'
import { openDatabase } from '../storage/sql/database.ts'

/** Hears of runs the way an API process does: as soon as what happened is committed. */
export interface Statuses {
  /** Waits until a run has the status; what was told before is not forgotten. @throws when it ends otherwise */
  reached(instanceUuid: string, status: InstanceStatus): Promise<void>
  /** Calls back for everything that is told of any run. */
  onTold(hear: (instanceUuid: string, status: string) => void): void
  forget(instanceUuid: string): void
  close(): Promise<void>
}

interface Line {
  told: string[]
  wake: () => void
}

const patience = 120_000

export async function followStatuses(databaseUrl: string): Promise<Statuses> {
  const db = openDatabase(databaseUrl, 1)
  const live = openLive({ db, databaseUrl })
  const lines = new Map<string, Line>()
  let hear: (instanceUuid: string, status: string) => void = () => {}
  const lineOf = (instanceUuid: string): Line => {
    const line = lines.get(instanceUuid) ?? { told: [], wake: () => {} }
    lines.set(instanceUuid, line)
    return line
  }
  await live.listen(
    (signal) => {
      if (signal.t !== 'journal') return
      hear(signal.instanceUuid, signal.status)
      const line = lines.get(signal.instanceUuid)
      if (!line || line.told.at(-1) === signal.status) return
      line.told.push(signal.status)
      line.wake()
    },
    () => {},
  )
  return {
    reached: async (instanceUuid, status) => {
      const line = lineOf(instanceUuid)
      const limit = AbortSignal.timeout(patience)
      for (;;) {
        for (let next = line.told.shift(); next; next = line.told.shift()) {
          if (next === status) return
          if (next === 'failed' || next === 'cancelled') throw new Error(`run ${instanceUuid} ${next}`)
        }
        if (limit.aborted)
          throw new Error(`run ${instanceUuid} was not ${status} within ${patience / 1_000} s`)
        await new Promise<void>((resolve) => {
          line.wake = resolve
          limit.onabort = () => resolve()
        })
      }
    },
    onTold: (listener) => {
      hear = listener
    },
    forget: (instanceUuid) => void lines.delete(instanceUuid),
    close: async () => {
      await live.close()
      await db.$client.end()
    },
  }
}
