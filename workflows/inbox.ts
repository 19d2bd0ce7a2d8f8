import type { z } from 'zod'
import type { MessageInput, MessageTaken } from '../shared/contract/chat.ts'
import type { ChatDriven } from '../shared/contract/definition.ts'
import { Refusal } from '../shared/contract/errors.ts'
import { bytesOf } from '../shared/temporal/payload-size.ts'

type WhileBusy = NonNullable<NonNullable<z.infer<typeof ChatDriven>['chat']>['whileBusy']>

/** A message that was taken, with the instance of the turn it will have: what shares one is one turn. */
export interface Waiting {
  instanceUuid: string
  message: MessageInput
  /** Its words, or those of its trigger, which may be gone when its turn comes. */
  said: { text: string; trigger: string | null }
  bytes: number
}

/** The inbox as plain JSON: an execution hands it over to the next one. */
export interface InboxSnapshot {
  waiting: Waiting[]
  seen: [messageId: string, MessageTaken][]
}

/** Messages that are remembered, so that a repeated one is the same one. The journal's keys stand behind it. */
const mostSeen = 500
/** Messages that may wait at once, and their bytes together: all of them go along into the next execution. */
const mostWaiting = 100
const mostWaitingBytes = 20_000_000
/** Bytes of the messages that are joined to one turn: its journal entry names their words together. */
const mostJoined = 2_000_000

/** Where messages wait for their turn. Synchronous and plain, so that a validator gives the verdict of the handler. */
export class Inbox {
  readonly waiting: Waiting[]
  private readonly seen: Map<string, MessageTaken>

  constructor(from?: InboxSnapshot) {
    this.waiting = [...(from?.waiting ?? [])]
    this.seen = new Map(from?.seen ?? [])
  }

  get snapshot(): InboxSnapshot {
    return { waiting: this.waiting, seen: [...this.seen] }
  }

  get hasWork(): boolean {
    return this.waiting.length > 0
  }

  /** What became of a message that came before. */
  before(messageId: string): MessageTaken | undefined {
    return this.seen.get(messageId)
  }

  /** @throws Refusal `Busy` when nothing may wait */
  mustHaveRoom(whileBusy: WhileBusy, isBusy: boolean): void {
    if (isBusy && whileBusy === 'reject')
      throw new Refusal('Busy', 'a turn is under way: send the message when it is over')
    const bytes = this.waiting.reduce((sum, one) => sum + one.bytes, 0)
    if (this.waiting.length >= mostWaiting || bytes > mostWaitingBytes)
      throw new Refusal(
        'Busy',
        `${this.waiting.length} messages of ${(bytes / 1_000_000).toFixed(1)} MB wait already: send the message later`,
      )
  }

  note(taken: MessageTaken): MessageTaken {
    this.seen.set(taken.messageId, taken)
    for (const old of [...this.seen.keys()].slice(0, -mostSeen)) this.seen.delete(old)
    return taken
  }

  /** Has a message wait for its turn: a new one, or under `merge` that of the messages before it. */
  add(message: MessageInput, said: Waiting['said'], whileBusy: WhileBusy, newId: () => string): Waiting {
    const bytes = bytesOf(message)
    const last = whileBusy === 'merge' ? this.waiting.at(-1) : undefined
    const joined = last && this.of(last.instanceUuid).reduce((sum, one) => sum + one.bytes, bytes)
    const instanceUuid = last && joined && joined <= mostJoined ? last.instanceUuid : newId()
    const one = { instanceUuid, message, said, bytes }
    this.waiting.push(one)
    return one
  }

  /** The messages that the next turn answers: one, or those that were joined to it. */
  next(): Waiting[] {
    const [first] = this.waiting
    return first ? this.takeTurn(first.instanceUuid) : []
  }

  /** Takes the messages of a turn out that still wait. */
  takeTurn(instanceUuid: string): Waiting[] {
    const taken = this.of(instanceUuid)
    for (const one of taken) this.waiting.splice(this.waiting.indexOf(one), 1)
    return taken
  }

  /** Takes a message out that still waits. */
  remove(messageId: string): Waiting | undefined {
    const index = this.waiting.findIndex(({ message }) => message.messageId === messageId)
    return index < 0 ? undefined : this.waiting.splice(index, 1)[0]
  }

  private of(instanceUuid: string): Waiting[] {
    return this.waiting.filter((one) => one.instanceUuid === instanceUuid)
  }
}
