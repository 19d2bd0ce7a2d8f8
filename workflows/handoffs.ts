import { Refusal } from '../shared/contract/errors.ts'
import type { FileValue } from '../shared/contract/file.ts'
import type { ReturnHandoffInput, SayInHandoffInput, TakeHandoffInput } from '../shared/contract/handoff.ts'
import { nameOnly, type Person } from '../shared/contract/person.ts'
import { mayDecide, type OpenRequest } from '../shared/contract/request.ts'

/** What was said in a handoff; by somebody of the team, or by the user. */
export interface SaidToPerson {
  kind: 'said'
  messageId: string
  text: string
  attachments: FileValue[]
  by?: Person
}

/** What happened in a handoff and readers have not been told. */
export type HandoffNews =
  | SaidToPerson
  | { kind: 'taken'; by: Person }
  | { kind: 'returned'; by: Person; note?: string; at: string }

/** A handoff under way. */
interface Held {
  request: OpenRequest
  takenBy?: Person
  takenAt?: string
  /** It is over: what is said from now on is for the workflow again. */
  over?: true
  news: HandoffNews[]
  /** Ids of what the person said last, so that a repeated message is the same one. */
  seen: string[]
}

export type HandoffsSnapshot = Held[]

/** The journal's keys stand behind it. */
const mostSeen = 500
/** News that may wait to be told: more come only when nothing can be written. */
const mostNews = 100

/**
 * Conversations of a run that people of a team have, or shall have. Synchronous and plain, like the desk it stands at.
 * What was said is told to readers at once and kept nowhere here.
 */
export class Handoffs {
  private readonly held = new Map<string, Held>()
  private readonly now: () => string
  private readonly known: (by: Person) => Person

  constructor(now: () => string, known: (by: Person) => Person) {
    this.now = now
    this.known = known
  }

  layOut(held: HandoffsSnapshot): void {
    for (const one of held) this.held.set(one.request.requestId, one)
  }

  get snapshot(): HandoffsSnapshot {
    return [...this.held.values()]
  }

  get isEmpty(): boolean {
    return this.held.size === 0
  }

  clear(): void {
    this.held.clear()
  }

  /** Whom the user talks with: the one that was opened first. */
  get first(): OpenRequest | undefined {
    return this.held.values().find(({ over }) => !over)?.request
  }

  open(request: OpenRequest): void {
    if (!this.held.has(request.requestId)) this.held.set(request.requestId, { request, news: [], seen: [] })
  }

  takenBy(requestId: string): Person | undefined {
    return this.held.get(requestId)?.takenBy
  }

  /** The next thing to tell, which stays until it is taken out. */
  next(requestId: string): HandoffNews | undefined {
    return this.held.get(requestId)?.news[0]
  }

  takeOut(requestId: string): HandoffNews | undefined {
    return this.held.get(requestId)?.news.shift()
  }

  /** Nobody talks there any more. Gives what was said and not told. */
  leave(requestId: string): SaidToPerson[] {
    const held = this.held.get(requestId)
    this.held.delete(requestId)
    return (held?.news ?? []).filter((one) => one.kind === 'said')
  }

  /** @throws Refusal `Busy` when too much waits to be told */
  mustHaveRoom(): void {
    const { news = [] } = this.held.values().find(({ over }) => !over) ?? {}
    if (news.length >= mostNews)
      throw new Refusal('Busy', `${mostNews} messages wait already: send the message later`)
  }

  /** The user says something to the person. */
  hear(said: Omit<SaidToPerson, 'kind' | 'by'>): void {
    this.held
      .values()
      .find(({ over }) => !over)
      ?.news.push({ kind: 'said', ...said })
  }

  /** Whether somebody may have it now. @throws Refusal `NotOpen`, `Forbidden`, `AlreadyTaken` */
  mayTake({ requestId, by }: TakeHandoffInput): Held {
    const held = this.find(requestId, by)
    if (held.takenBy && held.takenBy.userId !== by.userId) throw takenAlready(held)
    return held
  }

  /** The same person twice has it once. */
  take(given: TakeHandoffInput): { requestId: string } {
    const held = this.mayTake(given)
    if (!held.takenBy) {
      held.takenBy = nameOnly(given.by)
      held.takenAt = this.now()
      held.news.push({ kind: 'taken', by: held.takenBy })
    }
    return { requestId: given.requestId }
  }

  /** @throws Refusal as `mayTake`, `Conflict` before it was taken */
  maySay({ requestId, messageId, by }: SayInHandoffInput): Held {
    const held = this.find(requestId, by)
    if (held.seen.includes(messageId)) return held
    if (!held.takenBy) throw new Refusal('Conflict', 'nobody has taken this conversation yet: take it first')
    if (held.takenBy.userId !== by.userId) throw takenAlready(held)
    this.mustHaveRoom()
    return held
  }

  say(given: SayInHandoffInput): { messageId: string } {
    const { messageId, text, attachments = [], by } = given
    const held = this.maySay(given)
    if (!held.seen.includes(messageId)) {
      held.seen = [...held.seen, messageId].slice(-mostSeen)
      held.news.push({ kind: 'said', messageId, text, attachments, by: nameOnly(by) })
    }
    return { messageId }
  }

  /** Who took it gives it back; an admin may, where that person has gone. @throws Refusal as `maySay` */
  mayReturn({ requestId, by }: ReturnHandoffInput): Held {
    const held = this.find(requestId, by)
    if (!held.takenBy) throw new Refusal('Conflict', 'nobody has taken this conversation yet: take it first')
    if (held.takenBy.userId !== by.userId && !isAdmin(by)) throw takenAlready(held)
    return held
  }

  return(given: ReturnHandoffInput): { requestId: string } {
    const { requestId, note, by } = given
    const held = this.mayReturn(given)
    held.over = true
    held.news.push({ kind: 'returned', by: nameOnly(by), ...(note ? { note } : {}), at: this.now() })
    return { requestId }
  }

  /** @throws Refusal `NotOpen`, `Forbidden` */
  private find(requestId: string, by: Person): Held {
    const held = this.held.get(requestId)
    if (!held || held.over) throw new Refusal('NotOpen', `No open handoff has the id ${requestId}.`)
    const { approvers } = held.request
    if (!isAdmin(by) && !mayDecide(approvers, this.known(by)))
      throw new Refusal('Forbidden', `${by.userId} is not in the team ${approvers?.team ?? ''}.`)
    return held
  }
}

const isAdmin = ({ roles }: Person): boolean => roles?.includes('admin') ?? false

const takenAlready = ({ takenBy, takenAt }: Held): Refusal =>
  new Refusal('AlreadyTaken', `${takenBy?.name ?? takenBy?.userId} took this conversation at ${takenAt}.`)
