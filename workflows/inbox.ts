import type { z } from 'zod'
import type { MessageInput, MessageTaken } from '../shared/contract/chat.ts'
import type { ChatDriven } from '../shared/contract/definition.ts'
import { Refusal } from '../shared/contract/errors.ts'

type WhileBusy = NonNullable<NonNullable<z.infer<typeof ChatDriven>['chat']>['whileBusy']>

/** A message that was taken, with the instance of the turn it will have. */
export interface Waiting {
  instanceUuid: string
  message: MessageInput
  /** Its words, or those of its trigger, which may be gone when its turn comes. */
  said: { text: string; trigger: string | null }
}

/** The inbox as plain JSON: an execution hands it over to the next one. */
export interface InboxSnapshot {
  waiting: Waiting[]
  seen: [messageId: string, MessageTaken][]
}

/** Messages that are remembered, so that a repeated one is the same one. The journal's keys stand behind it. */
const mostSeen = 500
/** Messages that may wait at once. */
const mostWaiting = 100

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
    if (this.waiting.length >= mostWaiting)
      throw new Refusal('Busy', `${mostWaiting} messages wait already: send the message later`)
  }

  note(taken: MessageTaken): MessageTaken {
    this.seen.set(taken.messageId, taken)
    for (const old of [...this.seen.keys()].slice(0, -mostSeen)) this.seen.delete(old)
    return taken
  }

  /** What the next turn answers: one message, or all that wait. */
  next(whileBusy: WhileBusy): Waiting[] {
    return whileBusy === 'merge' ? this.waiting.splice(0) : this.waiting.splice(0, 1)
  }

  /** Takes a message out that still waits. */
  remove(messageId: string): Waiting | undefined {
    const index = this.waiting.findIndex(({ message }) => message.messageId === messageId)
    return index < 0 ? undefined : this.waiting.splice(index, 1)[0]
  }
}
