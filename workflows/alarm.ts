import { CancellationScope, sleep } from '@temporalio/workflow'

/** A timer that outlasts the waits it is for. */
export interface Alarm {
  /** Rings at a moment, in milliseconds of time, or before: whoever hears it looks at the clock, and sets it again. */
  set(at: number): void
  /** Whether it has yet to ring. */
  readonly isSet: boolean
}

/**
 * An alarm for waits that follow each other and seldom last: set for a later moment, it is left as it is. A timer for each
 * wait would be two events in history, and two writes in Temporal, for every message of a conversation.
 */
export function createAlarm(summary: string): Alarm {
  let timer: { scope: CancellationScope; at: number } | undefined
  return {
    set: (at) => {
      if (timer && timer.at <= at) return
      timer?.scope.cancel()
      const own = { scope: new CancellationScope(), at }
      timer = own
      const ring = () => {
        if (timer === own) timer = undefined
      }
      own.scope.run(() => sleep(Math.max(1, at - Date.now()), { summary })).then(ring, () => {})
    },
    get isSet() {
      return timer !== undefined
    },
  }
}
