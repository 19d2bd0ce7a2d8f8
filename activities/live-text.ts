import type { RunRef } from '../shared/contract/run-ref.ts'
import { imageFilter } from '../shared/contract/without-images.ts'
import { idFrom } from '../storage/id-from.ts'
import { type LiveSignal, tell } from '../storage/live/live.ts'
import type { Database } from '../storage/sql/database.ts'

/** The first piece goes out at once; later ones are gathered, since a reader cannot see faster. */
const gatherFor = 25

export interface LiveText {
  write: (piece: string) => void
  /** What was shown so far is void. */
  reset: () => Promise<void>
  /** Sends what is left. */
  flush: () => Promise<void>
  /** Gives what is left, to be told with what the text became. */
  rest: () => Promise<LiveSignal[]>
}

/** The message that a step's live text becomes. */
export const liveMessageId = ({ instanceUuid }: RunRef, path: string): string =>
  idFrom(`${instanceUuid}:${path}:live`)

/** Shows a text to readers while it is written. Live only: nothing of it is stored, and a lost piece harms nobody. */
export function createLiveText(db: Database, run: RunRef, path: string, attempt: number): LiveText {
  const place = {
    streamId: run.chatSessionId ?? run.instanceUuid,
    instanceUuid: run.instanceUuid,
    messageId: liveMessageId(run, path),
    path,
  }
  let number = attempt
  let offset = 0
  let filter = imageFilter()
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<unknown> = Promise.resolve()
  let lastSent = 0
  const next = (): LiveSignal | undefined => {
    timer = undefined
    if (!waiting) return undefined
    const signal = { t: 'delta', ...place, attempt: number, offset, text: waiting } as const
    offset += waiting.length
    waiting = ''
    return signal
  }
  const send = () => {
    const signal = next()
    if (!signal) return
    lastSent = Date.now()
    sending = sending.then(() => tell(db, signal)).catch(() => {})
  }
  const end = () => {
    clearTimeout(timer)
    waiting += filter.end()
  }
  return {
    write: (piece) => {
      waiting += filter.write(piece)
      if (Date.now() - lastSent >= gatherFor) send()
      else timer ??= setTimeout(send, gatherFor)
    },
    reset: async () => {
      clearTimeout(timer)
      timer = undefined
      filter = imageFilter()
      waiting = ''
      offset = 0
      number += 1
      await sending
      await tell(db, { t: 'reset', ...place, attempt: number }).catch(() => {})
    },
    flush: async () => {
      end()
      send()
      await sending
    },
    rest: async () => {
      end()
      const left = next()
      await sending
      return left ? [left] : []
    },
  }
}
