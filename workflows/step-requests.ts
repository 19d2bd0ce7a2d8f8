import { condition, uuid4 } from '@temporalio/workflow'
import type { OpenRequest } from '../shared/contract/request.ts'
import type { Desk } from './desk.ts'
import { flush } from './flush.ts'
import { HandOver } from './hand-over.ts'
import type { Noted } from './noted.ts'
import type { Reply } from './reply.ts'
import { StepContext } from './step-context.ts'

type Question = Omit<OpenRequest, 'requestId' | 'instanceUuid' | 'stepId' | 'path' | 'openedAt' | 'label'>

/** A step that asks people, and waits. */
export abstract class StepRequests extends StepContext {
  get desk(): Desk {
    return this.context.desk
  }

  /** Opens a request, or finds it open. It stays open until `closeRequest`. */
  openRequest(question: Question): OpenRequest {
    const { state, desk } = this.context
    const before = desk.open.get(this.kept<string>('request') ?? '')
    if (before) return before
    const label = this.madeBy ?? this.labelOfSources
    const request: OpenRequest = {
      ...question,
      requestId: uuid4(),
      instanceUuid: state.ref.instanceUuid,
      stepId: this.step.id,
      path: this.path,
      openedAt: new Date().toISOString(),
      place: state.placeOf(this.path),
      ...(label ? { label } : {}),
    }
    this.keep('request', request.requestId)
    this.note(opened(request, 0))
    desk.lay(request)
    return request
  }

  /** Opens the same request again, with the reason why the last reply did not do. */
  askAgain(request: OpenRequest, reason: string, miss: number): OpenRequest {
    const { desk } = this.context
    const again = { ...request, reason }
    desk.replies.delete(request.requestId)
    desk.open.set(request.requestId, again)
    this.note(opened(again, miss))
    return again
  }

  /** Reminds whom a request waits for: in their inbox, and in the conversation where it is a question. */
  remind(request: OpenRequest, text = `“${request.question}” is still waiting.`): void {
    if (request.kind === 'answer') this.say('assistant', text)
    const { requestId, kind } = request
    this.note({ event: 'requestReminded', key: `request:${requestId}:reminded`, requestId, kind, text })
  }

  closeRequest(request: OpenRequest, outcome: string, reply?: Reply): void {
    this.context.desk.close(request.requestId)
    this.note(this.closing(request, outcome, reply))
  }

  /** Closes what the step left open: it failed, and nobody can answer any more. */
  abandon(outcome: string): void {
    const isInside = ({ path }: OpenRequest) =>
      path === this.path || path.startsWith(`${this.path}.`) || path.startsWith(`${this.path}[`)
    for (const request of [...this.context.desk.open.values()].filter(isInside))
      this.closeRequest(request, outcome)
  }

  /** The entry that closes a request, for an activity to carry. */
  closing(request: OpenRequest, outcome: string, reply?: Reply): Noted {
    const comment = reply?.kind === 'decision' ? reply.comment : undefined
    return {
      event: 'requestClosed',
      key: `request:${request.requestId}:closed`,
      requestId: request.requestId,
      kind: request.kind,
      outcome,
      ...(reply ? { by: reply.by } : {}),
      ...(comment ? { comment } : {}),
      ...(reply?.kind === 'decision' && reply.edited !== undefined ? { edited: reply.edited } : {}),
    }
  }

  /**
   * Waits, for weeks if need be, until `ready` gives something, or until the moment `by` has passed: then it gives
   * undefined. What is owed to readers is written first, and again whenever something is noted in the meantime (a
   * refused signal).
   */
  async until<T>(ready: () => T | undefined): Promise<T>
  async until<T>(ready: () => T | undefined, by: string | undefined): Promise<T | undefined>
  async until<T>(ready: () => T | undefined, by?: string): Promise<T | undefined> {
    const { state, desk, ledger, relay, describe } = this.context
    const left = () => (by === undefined ? Number.POSITIVE_INFINITY : Date.parse(by) - Date.now())
    for (;;) {
      state.noteRefusals(desk.takeRefusals(), ledger)
      const given = ready()
      if (given !== undefined || left() <= 0) return given
      await flush(state, ledger)
      describe()
      if (relay.due) throw new HandOver()
      const wakes = () => desk.hasRefusals || relay.due || ready() !== undefined
      if (by === undefined) await condition(wakes)
      else if (left() > 0) await condition(wakes, left())
    }
  }
}

const opened = ({ instanceUuid: _, ...request }: OpenRequest, round: number) =>
  ({ event: 'requestOpened', key: `request:${request.requestId}:opened:${round}`, ...request }) as const
