import type { CancellationScope } from '@temporalio/workflow'
import { uuid4 } from '@temporalio/workflow'
import type { z } from 'zod'
import {
  type ConversationInput,
  type EndReason,
  type MessageInput,
  type MessageTaken,
  resolveTrigger,
} from '../shared/contract/chat.ts'
import type { ChatDriven } from '../shared/contract/definition.ts'
import { Refusal } from '../shared/contract/errors.ts'
import type { EndStatus, JournalEntry } from '../shared/contract/journal.ts'
import type { Json } from '../shared/contract/json.ts'
import type { SecureHandles } from '../shared/contract/secure-metadata.ts'
import { fail } from '../shared/temporal/failure.ts'
import { bytesOf, largestPayload, mustFit } from '../shared/temporal/payload-size.ts'
import { Desk, type DeskSnapshot } from './desk.ts'
import { Inbox, type InboxSnapshot, type Waiting } from './inbox.ts'
import type { Noted } from './noted.ts'
import type { RunState } from './run-state.ts'
import { SessionLedger } from './session-ledger.ts'
import type { StateSnapshot } from './state-snapshot.ts'

export type ChatDefinition = z.infer<typeof ChatDriven>

/** A turn: under way, or one that will never begin. */
export interface Turn {
  instanceUuid: string
  messages: Waiting[]
  /** Where it stood when the execution before this one handed it over. */
  from?: StateSnapshot
}

/** What one message may have beside its variables: in the journal its words and its context are one entry. */
const mostOfMessage = largestPayload / 2

/** @throws TooLarge */
export function mustFitMessage(value: unknown, what: string): void {
  const bytes = bytesOf(value)
  if (bytes > mostOfMessage)
    throw fail(
      'TooLarge',
      `${what} ${(bytes / 1_000_000).toFixed(1)} MB; at most ${mostOfMessage / 1_000_000} MB fit: put what is large into files.`,
    )
}

/** What an execution that grew too long leaves to the next one of the same conversation. */
export interface SessionSnapshot {
  inbox: InboxSnapshot
  desk: DeskSnapshot
  variables: Record<string, Json>
  secure?: SecureHandles
  version: number
  timeZone: string
  turns: number
  turn?: Turn
}

/**
 * A conversation between its turns: messages that wait, what was said to whom it waits for, its variables. Plain and
 * synchronous: whoever looks twice sees the same, and two messages in one task see each other.
 */
export class Session {
  readonly desk: Desk
  readonly inbox: Inbox
  /** What readers are owed that belongs to no turn. */
  readonly ledger = new SessionLedger()
  /** Turns that were cancelled before they began, of which readers are still to be told. */
  readonly dropped: Turn[] = []
  timeZone: string
  variables: Record<string, Json>
  /** What it was given that no model may see, by handle. */
  secure: SecureHandles
  /** Turns so far. */
  turns: number
  definition: ChatDefinition | undefined
  /** Of a test: takes the draft as it stands now. */
  refresh: (() => Promise<void>) | undefined
  /** Why there can be no turn. */
  fault: Error | undefined
  ending: EndReason | undefined
  current: (Turn & { scope: CancellationScope; state?: RunState }) | undefined
  private readonly now: () => string

  constructor(
    input: Pick<ConversationInput, 'variables' | 'secureMetadata'>,
    from: SessionSnapshot | undefined,
    now: () => string,
  ) {
    this.now = now
    this.timeZone = from?.timeZone ?? 'UTC'
    this.variables = from?.variables ?? input.variables ?? {}
    this.secure = from?.secure ?? input.secureMetadata ?? {}
    this.turns = from?.turns ?? 0
    this.inbox = new Inbox(from?.inbox)
    this.desk = new Desk(now, () => this.timeZone)
    if (from) this.desk.layOut(from.desk)
  }

  get whileBusy(): NonNullable<NonNullable<ChatDefinition['chat']>['whileBusy']> {
    return this.definition?.chat?.whileBusy ?? 'queue'
  }

  note(event: Noted, { mayPass = false } = {}): void {
    const entry: JournalEntry = { ...event, at: this.now() }
    this.ledger.add(entry, { mayPass })
  }

  /** The words of a message: its own, or those of its trigger. @throws Refusal `Invalid` for an unknown trigger */
  wordsOf({ userMessage, trigger }: MessageInput): { text: string; trigger: string | null } {
    if (!trigger) return { text: userMessage ?? '', trigger: null }
    const found = this.definition?.triggers?.find(({ id }) => id === trigger.id)
    if (!found) throw new Refusal('Invalid', `trigger.id: this workflow has no trigger "${trigger.id}"`)
    return { text: resolveTrigger(found, trigger.parameters), trigger: found.name }
  }

  /** What would become of a message. @throws Refusal */
  verdictOn(message: MessageInput, isFirstLook = true): void {
    if (this.inbox.before(message.messageId)) return
    if (this.ending) throw new Refusal('NotRunning', 'this conversation is ending: send the message again')
    // The draft of a test may know a trigger by now: it is looked at when the message is taken.
    if (this.definition && !(this.refresh && isFirstLook)) this.wordsOf(message)
    this.mustFit(message)
    if (this.desk.handoffs.first) this.desk.handoffs.mustHaveRoom()
    else if (!this.openQuestion(message)) this.inbox.mustHaveRoom(this.whileBusy, this.isBusy)
  }

  /** @throws TooLarge */
  private mustFit({ variables, ...message }: MessageInput): void {
    mustFitMessage(message, 'the message has, with its uiFlowContext,')
    if (!variables) return
    const given = [...this.inbox.waiting.map(({ message: before }) => before.variables), variables]
    mustFit(
      Object.assign({}, this.current?.state?.variables ?? this.variables, ...given),
      'variables: with those of this message the conversation has',
      'put what is large into files',
    )
  }

  /** Takes a message: the same one again changes nothing. @throws Refusal */
  take(message: MessageInput): MessageTaken {
    const { messageId } = message
    const before = this.inbox.before(messageId)
    if (before) return before
    this.verdictOn(message, false)
    const withPerson = this.desk.handoffs.first
    if (withPerson) {
      this.giveVariables(message)
      this.giveSecure(message)
      const { text } = this.wordsOf(message)
      this.desk.handoffs.hear({ messageId, text, attachments: message.attachments ?? [] })
      return this.inbox.note({ instanceUuid: withPerson.instanceUuid, messageId, status: 'passedOn' })
    }
    const asked = this.openQuestion(message)
    if (asked && this.current) {
      this.giveVariables(message)
      this.giveSecure(message)
      const given = {
        requestId: asked,
        by: message.by ?? unknownPerson,
        ...(message.fileIds ? { fileIds: message.fileIds } : { value: message.userMessage ?? '' }),
      }
      this.desk.hear(given, { messageId, text: message.userMessage ?? '' })
      return this.inbox.note({ instanceUuid: this.current.instanceUuid, messageId, status: 'answered' })
    }
    const waits = this.isBusy || this.inbox.hasWork
    const { instanceUuid } = this.inbox.add(message, this.wordsOf(message), this.whileBusy, uuid4)
    if (waits)
      this.note(
        {
          event: 'messageQueued',
          key: queuedKey(messageId),
          messageId,
          instanceUuid,
          text: this.shown(message),
        },
        { mayPass: !message.seenBusy },
      )
    if (this.isBusy && this.whileBusy === 'interrupt') this.current?.scope.cancel()
    return this.inbox.note({ instanceUuid, messageId, status: waits ? 'queued' : 'running' })
  }

  /** The variables of an answer are the turn's at once. */
  private giveVariables({ messageId, variables }: MessageInput): void {
    if (!variables) return
    this.current?.state?.setVariables(variables, undefined)
    this.note({ event: 'variablesSet', key: `given:${messageId}`, values: variables })
  }

  /** The messages of the next turn. That they waited is not told where the turn before ended in the same moment. */
  nextMessages(): Waiting[] {
    const messages = this.inbox.next()
    this.ledger.drop(new Set(messages.map(({ message }) => queuedKey(message.messageId))))
    return messages
  }

  /** What is told of the variables when a turn that set some is cancelled: with its end, so before the next turn's. */
  forgetting(variables: Record<string, Json>): Noted[] {
    const isSet = Object.entries(variables).some(([name, value]) => this.variables[name] !== value)
    return isSet ? [{ event: 'variablesSet', key: 'forgotten', values: this.variables, replaces: true }] : []
  }

  /** The turn under way is over: what it set stays, unless it was cancelled. */
  closeTurn(variables: Record<string, Json>, status: EndStatus): void {
    if (status !== 'cancelled') this.variables = variables
    this.turns += 1
    this.current = undefined
  }

  /** What a message brings along that no model may see holds from now on, in the turn under way too. */
  giveSecure({ secureMetadata }: MessageInput): void {
    this.secure = { ...this.secure, ...secureMetadata }
    if (this.current?.state) this.current.state.ref.secure = this.secure
  }

  /** Takes a message back that still waits. @throws Refusal `NotOpen` */
  remove(messageId: string): void {
    if (!this.inbox.remove(messageId))
      throw new Refusal('NotOpen', 'this message does not wait (any more): its turn has begun')
    this.note({ event: 'messageRemoved', key: `removed:${messageId}`, messageId })
  }

  /** Stops the turn under way, or one that still waits for its beginning. @throws Refusal `NotRunning` */
  cancel(instanceUuid: string | undefined): { instanceUuid: string } {
    const { current } = this
    if (instanceUuid && this.drop(instanceUuid)) return { instanceUuid }
    if (!current || (instanceUuid && current.instanceUuid !== instanceUuid))
      throw new Refusal('NotRunning', 'this turn is not under way (any more)')
    current.scope.cancel()
    return { instanceUuid: current.instanceUuid }
  }

  /** Cancels all that waits: the conversation is over. */
  dropWaiting(): void {
    for (const { instanceUuid } of [...this.inbox.waiting]) this.drop(instanceUuid)
  }

  private drop(instanceUuid: string): boolean {
    const messages = this.inbox.takeTurn(instanceUuid)
    if (messages.length > 0) this.dropped.push({ instanceUuid, messages })
    return messages.length > 0
  }

  end(reason: EndReason): void {
    this.ending ??= reason
    this.current?.scope.cancel()
  }

  get isBusy(): boolean {
    return this.current !== undefined
  }

  /** The question that a message answers: the oldest one open in the turn under way. A trigger answers none. */
  private openQuestion({ trigger }: MessageInput): string | undefined {
    if (trigger || !this.current) return undefined
    for (const { requestId, kind } of this.desk.open.values())
      if (kind === 'answer' && !this.desk.replies.has(requestId)) return requestId
    return undefined
  }

  /** A trigger's words are not shown. */
  private shown = ({ userMessage, trigger }: MessageInput): string => (trigger ? '' : (userMessage ?? ''))

  snapshot(version: number): SessionSnapshot {
    const { current } = this
    return {
      inbox: this.inbox.snapshot,
      desk: this.desk.snapshot,
      variables: this.variables,
      secure: this.secure,
      version,
      timeZone: this.timeZone,
      turns: this.turns,
      ...(current
        ? {
            turn: {
              instanceUuid: current.instanceUuid,
              messages: current.messages,
              ...(current.state ? { from: current.state.snapshot } : {}),
            },
          }
        : {}),
    }
  }
}

const queuedKey = (messageId: string) => `queued:${messageId}`

/** A Temporal client that names nobody. */
const unknownPerson = { userId: 'unknown' }
