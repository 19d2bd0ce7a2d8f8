import type { InstanceStatus } from '../shared/contract/journal.ts'
import { openLive } from '../storage/live/live.ts'
import { openDatabase } from '../storage/sql/database.ts'

/** Hears of runs and turns the way an API process does: as soon as what happened is committed. */
export interface Statuses {
  /**
   * Waits until a run, or the turn of a session, has the status; what was told before is not forgotten. `streamId` is the
   * run's id, or the session's. @throws when it ends otherwise
   */
  reached(streamId: string, status: InstanceStatus): Promise<void>
  forget(streamId: string): void
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
  const lineOf = (streamId: string): Line => {
    const line = lines.get(streamId) ?? { told: [], wake: () => {} }
    lines.set(streamId, line)
    return line
  }
  await live.listen(
    (signal) => {
      if (signal.t !== 'journal' || signal.isSession) return
      const line = lines.get(signal.streamId)
      if (!line || line.told.at(-1) === signal.status) return
      line.told.push(signal.status)
      line.wake()
    },
    () => {},
  )
  return {
    reached: async (streamId, status) => {
      const line = lineOf(streamId)
      const limit = AbortSignal.timeout(patience)
      for (;;) {
        for (let next = line.told.shift(); next; next = line.told.shift()) {
          if (next === status) return
          if (next === 'failed' || next === 'cancelled') throw new Error(`${streamId} ${next}`)
        }
        if (limit.aborted) throw new Error(`${streamId} was not ${status} within ${patience / 1_000} s`)
        await new Promise<void>((resolve) => {
          line.wake = resolve
          limit.onabort = () => resolve()
        })
      }
    },
    forget: (streamId) => void lines.delete(streamId),
    close: async () => {
      await live.close()
      await db.$client.end()
    },
  }
}
