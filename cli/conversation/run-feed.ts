import { HttpProblem, type Instance, type ParleyHttp, type RunEvent } from '../../client/http.ts'
import { Waiting } from './waiting.ts'

/**
 * The events of a run as they come, and what follows from them for somebody who converses: which requests wait for a reply,
 * and whether the run is over. Reading goes on in the background while a question stands on the screen.
 */
export class RunFeed {
  readonly waiting = new Waiting()
  over = false
  private readonly stop = new AbortController()
  private readonly asking = new Map<string, AbortController>()
  private error: unknown
  private wake: () => void = () => {}
  private news = Promise.resolve()
  private interrupts = 0

  constructor(
    client: Pick<ParleyHttp, 'events' | 'instance'>,
    instanceUuid: string,
    tell: { event(event: RunEvent): void; lost(): void; back(): void },
  ) {
    this.renew()
    const read = async () => {
      const options = { signal: this.stop.signal, onLost: () => tell.lost(), onBack: () => tell.back() }
      for await (const event of client.events(instanceUuid, options)) {
        const isEnd =
          event.event === 'instanceFinished' &&
          isLastEnd(event.data.at, await patiently(() => client.instance(instanceUuid), tell))
        this.take(event, isEnd)
        tell.event(event)
        if (this.over) break
      }
    }
    read().catch((error: unknown) => {
      this.error = error
      this.changed()
    })
  }

  /** Waits for something new. @throws HttpProblem when the stream cannot be read */
  async next(): Promise<void> {
    if (this.error) throw this.error
    await this.news
    if (this.error) throw this.error
  }

  /** Aborts when the request is settled by somebody else, or the run ends. */
  whileOpen(requestId: string): AbortSignal {
    const controller = new AbortController()
    this.asking.set(requestId, controller)
    return controller.signal
  }

  /** Nothing to ask about this request, until it is opened again. */
  leave(requestId: string): void {
    this.waiting.delete(requestId)
    this.asking.delete(requestId)
  }

  /** The reply did not fit: the request waits as before. */
  comeBack(requestId: string): void {
    if (!this.over) this.waiting.add(requestId)
  }

  interrupt(): void {
    this.interrupts += 1
    this.changed()
  }

  /** Whether somebody pressed Ctrl-C since this was asked last. */
  takeInterrupt(): boolean {
    const any = this.interrupts > 0
    this.interrupts = 0
    return any
  }

  close(): void {
    this.stop.abort()
  }

  private take(event: RunEvent, isEnd: boolean): void {
    if (event.event === 'requestOpened') this.waiting.open(event.data)
    if (event.event === 'requestClosed') this.settle(event.data.requestId)
    if (event.event === 'instanceFinished') {
      this.over = isEnd
      for (const requestId of [...this.asking.keys()]) this.settle(requestId)
    }
    this.changed()
  }

  private settle(requestId: string): void {
    this.asking.get(requestId)?.abort()
    this.leave(requestId)
  }

  private changed(): void {
    const wake = this.wake
    this.renew()
    wake()
  }

  private renew(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.news = promise
    this.wake = resolve
  }
}

/** A run that failed may have been taken up again since, and be over for good only later. */
const isLastEnd = (at: string, { finishedAt }: Instance): boolean =>
  finishedAt !== null && Date.parse(at) >= Date.parse(finishedAt)

/** Tries again for as long as nobody answers: a restart of the server must not cost an answer. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  told: { lost(): void; back(): void },
): Promise<T> {
  for (let lost = false; ; lost = true) {
    try {
      const given = await attempt()
      if (lost) told.back()
      return given
    } catch (error) {
      if (!(error instanceof HttpProblem && error.passing)) throw error
      if (!lost) told.lost()
      await new Promise((resolve) => setTimeout(resolve, Math.min(error.retryAfterMs ?? 500, 5_000)))
    }
  }
}
