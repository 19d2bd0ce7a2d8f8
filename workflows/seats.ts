import { CancellationScope } from '@temporalio/workflow'

/**
 * Activities that a run may have out at once, as many as one loop may ask for. A worker's queue is served in order:
 * what a run puts there in one go, every other run waits for.
 */
const most = 50

/** Who may have an activity out: first come, first served, over all lines of a run. */
export class Seats {
  private free = most
  private readonly waiting: (() => void)[] = []

  /** Does something that takes a seat, as soon as there is one. A cancel ends the wait. */
  async with<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--
    else await this.turn()
    try {
      return await work()
    } finally {
      this.give()
    }
  }

  private async turn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.waiting.push(resolve)
    try {
      await Promise.race([promise, CancellationScope.current().cancelRequested])
    } catch (cancelled) {
      const place = this.waiting.indexOf(resolve)
      // It was given a seat in the same moment: that one goes on to the next.
      if (place < 0) this.give()
      else this.waiting.splice(place, 1)
      throw cancelled
    }
  }

  private give(): void {
    const next = this.waiting.shift()
    if (next) next()
    else this.free++
  }
}
