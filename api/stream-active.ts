import type { Caller } from '../shared/contract/api/scope.ts'
import { faultFields } from '../shared/log.ts'
import { countActive } from '../storage/sql/count-active.ts'
import type { Deps } from './deps.ts'
import { EventStream, type Opened } from './stream.ts'

/** What happens within this many milliseconds is counted once. */
const gatherFor = 200

/** How many runs and conversations of each workflow are open: all at the beginning, then what changes. */
export function streamActive(
  { db, live, log }: Deps,
  caller: Caller,
  { req, res, isAdmitted }: Opened,
): undefined {
  const stream = new EventStream(res, isAdmitted)
  if (req.method === 'HEAD') return stream.end(0)
  const told = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  const count = async () => {
    const counts = await countActive(db, caller)
    for (const workflowId of [...told.keys()])
      if (!counts.has(workflowId)) {
        told.delete(workflowId)
        stream.send('activeSessions', { workflowId, count: 0 })
      }
    for (const [workflowId, now] of counts) {
      if (told.get(workflowId) === now) continue
      told.set(workflowId, now)
      stream.send('activeSessions', { workflowId, count: now })
    }
  }
  // One after the other: an older count must not come after a newer one.
  let counting: Promise<void> = Promise.resolve()
  const look = () => {
    counting = counting.then(count).catch((error: unknown) => {
      log.warn(faultFields(error), 'active sessions could not be counted')
      stream.fail()
    })
  }
  const leave = live.watch((signal) => {
    if (signal.t !== 'journal') return
    if (signal.workspaceId !== caller.workspaceId || signal.appId !== caller.appId) return
    timer ??= setTimeout(() => {
      timer = undefined
      if (!stream.isClosed) look()
    }, gatherFor)
  })
  stream.whenClosed(() => {
    clearTimeout(timer)
    leave()
  })
  look()
}
