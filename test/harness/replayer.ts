import type { History } from '@temporalio/common/lib/proto-utils.js'
import { type ReplayWorkerOptions, Worker } from '@temporalio/worker'

export interface Past {
  workflowId: string
  history: History
}

export interface Replayer {
  /** Fails at the first history that workflow code does not walk as it once did. */
  replay(pasts: Past[]): Promise<void>
  close(): Promise<void>
}

/**
 * In a thread of its own. In the thread of the tests, which is what the SDK does unless told otherwise, it leaves a hook
 * behind that is called for every promise of the process, for as long as the process lives: one hook per test file.
 */
export const apart = { debugMode: false }

/** One worker that replays whatever it is given: to make it takes as long as to replay dozens of histories. */
export function createReplayer(options: ReplayWorkerOptions): Replayer {
  const given: Past[] = []
  let results = open()

  function open() {
    return Worker.runReplayHistories({ ...options, ...apart }, taken())
  }

  function* taken() {
    for (let past = given.shift(); past; past = given.shift()) yield past
  }

  return {
    replay: async (pasts) => {
      for (const past of pasts) {
        given.push(past)
        const { value } = await results.next()
        if (value && !value.error) continue
        await results.return?.()
        results = open()
        throw new Error(`${past.workflowId} does not replay`, { cause: value?.error })
      }
    },
    close: async () => void (await results.return?.()),
  }
}
