import type { ParleyHttp, RunEvent } from '../../client/http.ts'
import type { Requests } from '../conversation/follow-run.ts'
import { Waiting } from '../conversation/waiting.ts'

/**
 * The events of a conversation as they come, and what follows from them for who takes part: which turns are under way, what
 * they ask, what may be said next. Reading goes on in the background while somebody types.
 */
export class SessionFeed implements Requests {
  readonly waiting = new Waiting()
  suggestions: string[] = []
  private running: string | undefined
  private readonly turnOf = new Map<string, string>()
  private readonly expected = new Set<string>()
  private readonly finished = new Set<string>()
  private readonly asking = new Map<string, AbortController>()
  private readonly stop = new AbortController()
  private error: unknown
  private wake: () => void = () => {}
  private news = Promise.resolve()

  constructor(
    client: Pick<ParleyHttp, 'sessionEvents'>,
    chatSessionId: string,
    tell: { event(event: RunEvent): void; lost(): void; back(): void },
  ) {
    this.renew()
    const read = async () => {
      const options = { signal: this.stop.signal, onLost: () => tell.lost(), onBack: () => tell.back() }
      for await (const event of client.sessionEvents(chatSessionId, options)) {
        this.take(event)
        tell.event(event)
        this.changed()
      }
    }
    read().catch((error: unknown) => {
      this.error = error
      this.changed()
    })
  }

  /** The turn that is being worked on, or comes next. */
  get turn(): string | undefined {
    const [next] = this.expected
    return this.running ?? next
  }

  /** Whether a turn is under way, or one that was promised has yet to come. */
  get isBusy(): boolean {
    return this.turn !== undefined
  }

  /** The oldest request that waits for a reply, and its turn. */
  get asked(): { requestId: string; instanceUuid: string } | undefined {
    const requestId = this.waiting.first
    return requestId === undefined
      ? undefined
      : { requestId, instanceUuid: this.turnOf.get(requestId) as string }
  }

  /** A message was taken, or a turn found under way: its end is waited for. */
  expect(instanceUuid: string): void {
    if (!this.finished.has(instanceUuid)) this.expected.add(instanceUuid)
  }

  /** Waits for something new. @throws HttpProblem when the stream cannot be read */
  async next(): Promise<void> {
    if (this.error) throw this.error
    await this.news
    if (this.error) throw this.error
  }

  /** Aborts when the request is settled elsewhere, or its turn ends. */
  whileOpen(requestId: string): AbortSignal {
    const controller = new AbortController()
    this.asking.set(requestId, controller)
    return controller.signal
  }

  leave(requestId: string): void {
    this.waiting.delete(requestId)
    this.asking.delete(requestId)
  }

  comeBack(requestId: string): void {
    if (!this.finished.has(this.turnOf.get(requestId) ?? '')) this.waiting.add(requestId)
  }

  /** Somebody pressed a key that matters. */
  changed(): void {
    const wake = this.wake
    this.renew()
    wake()
  }

  close(): void {
    this.stop.abort()
  }

  private take({ event, data }: RunEvent): void {
    if (event === 'instanceStarted') {
      this.running = data.instanceUuid
      this.suggestions = []
    }
    if (event === 'suggestions') this.suggestions = data.items
    if (event === 'requestOpened') {
      this.turnOf.set(data.requestId, data.instanceUuid)
      this.waiting.open(data)
    }
    if (event === 'requestClosed') this.settle(data.requestId)
    if (event === 'instanceFinished') {
      this.finished.add(data.instanceUuid)
      this.expected.delete(data.instanceUuid)
      if (this.running === data.instanceUuid) this.running = undefined
      for (const [requestId, turn] of this.turnOf) if (turn === data.instanceUuid) this.settle(requestId)
    }
    if (event === 'sessionEnded') this.expected.clear()
  }

  private settle(requestId: string): void {
    this.asking.get(requestId)?.abort()
    this.leave(requestId)
  }

  private renew(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.news = promise
    this.wake = resolve
  }
}
