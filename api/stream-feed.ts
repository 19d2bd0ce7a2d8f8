import type { Logger } from '../shared/log.ts'
import { faultFields } from '../shared/log.ts'
import type { LiveSignal } from '../storage/live/signal.ts'
import type { Database } from '../storage/sql/database.ts'
import { type JournalRow, lastSeq, readJournal } from '../storage/sql/read-journal.ts'

export type DeltaSignal = Extract<LiveSignal, { t: 'delta' }>
export type ResetSignal = Extract<LiveSignal, { t: 'reset' }>

/** A text that is being written, as far as this process has heard it from its beginning. */
export type LiveText = Omit<DeltaSignal, 't' | 'offset'> & {
  /** It began after this entry. */
  since: number
}

/** Who reads a stream. All calls come in the order of events. */
export interface StreamReader {
  row(row: JournalRow): void
  piece(signal: DeltaSignal | ResetSignal): void
  /** Everything kept was given; these texts are being written. Comes again after the reader had fallen behind. */
  live(texts: LiveText[]): void
  /** Whether the reader has yet to take what it was given. */
  isFull(): boolean
  /** Resolves when it has taken that, or is gone. */
  drained(): Promise<void>
  /** Nothing more can be given. */
  fail(): void
}

/** Entries that are read at once; texts that are remembered for who comes later. */
const most = { rows: 25, texts: 16, characters: 500_000 } as const

interface Joined {
  reader: StreamReader
  /** The last entry this reader has. */
  seq: number
  /** False while the reader is being given what SQL holds. */
  isLive: boolean
}

/** One stream with its readers in this process: journal entries from SQL, each once and in order, and pieces of texts as they come. */
export class StreamFeed {
  readonly streamId: string
  private readonly db: Database
  private readonly log: Logger
  private readonly joined = new Set<Joined>()
  private readonly texts = new Map<string, LiveText>()
  private workspaceId: string | undefined
  /** The last entry given out; undefined until the first reader asks for it. */
  private seq: number | undefined
  /** The last entry that a signal named, at the moment it came. */
  private heard = 0
  /** Signals are worked off one after the other, so that readers get them in order. */
  private work: Promise<unknown> = Promise.resolve()

  constructor(db: Database, log: Logger, streamId: string) {
    this.db = db
    this.log = log
    this.streamId = streamId
  }

  get isUnread(): boolean {
    return this.joined.size === 0
  }

  get isSilent(): boolean {
    return this.texts.size === 0
  }

  take(signal: Exclude<LiveSignal, { t: 'notice' }>): void {
    if (signal.t === 'journal') {
      this.workspaceId = signal.workspaceId
      this.heard = Math.max(this.heard, signal.seq)
      if (!this.isUnread) this.later(() => this.advance(signal.seq))
      return
    }
    const { heard } = this
    this.later(async () => this.takePiece(signal, heard))
  }

  catchUp(): void {
    // Pieces may be missing: what was heard so far is no beginning any more.
    this.later(async () => this.texts.clear())
    if (!this.isUnread) this.later(() => this.advance(Number.MAX_SAFE_INTEGER))
  }

  /** SQL is known to have entries up to `seq`. */
  reach(seq: number): void {
    if (!this.isUnread && this.seq !== undefined && this.seq < seq) this.later(() => this.advance(seq))
  }

  join(workspaceId: string, after: number, reader: StreamReader): () => void {
    this.workspaceId = workspaceId
    const one: Joined = { reader, seq: after, isLive: false }
    this.joined.add(one)
    void this.bringUp(one)
    return () => this.joined.delete(one)
  }

  /** Gives a reader what it has not, at its own pace, until it can go along with what comes. */
  private async bringUp(one: Joined): Promise<void> {
    one.isLive = false
    try {
      do await this.replay(one)
      while (!(await this.inTurn(() => this.goLive(one))))
    } catch (error) {
      this.log.warn({ ...faultFields(error), streamId: this.streamId }, 'a stream could not be read')
      this.joined.delete(one)
      one.reader.fail()
    }
  }

  private async replay(one: Joined): Promise<void> {
    for (;;) {
      const rows = await this.rowsAfter(one.seq)
      for (const row of rows) {
        if (!this.joined.has(one)) return
        this.give(one, row)
        if (one.reader.isFull()) await one.reader.drained()
      }
      if (rows.length < most.rows) return
    }
  }

  /** The last entries and the step into the present, with nothing in between. False when the reader is too far behind. */
  private async goLive(one: Joined): Promise<boolean> {
    if (!this.joined.has(one)) return true
    await this.advance(Number.MAX_SAFE_INTEGER)
    const rows = await this.rowsAfter(one.seq)
    if (rows.length === most.rows || one.reader.isFull()) return false
    for (const row of rows) this.give(one, row)
    one.isLive = true
    one.reader.live([...this.texts.values()])
    return true
  }

  private give(one: Joined, row: JournalRow): void {
    if (row.seq <= one.seq) return
    one.seq = row.seq
    one.reader.row(row)
  }

  /** Gives something to everyone who is up with the present. Who cannot take it falls back on SQL, at their own pace. */
  private giveAll(act: (one: Joined) => void): void {
    for (const one of this.joined) {
      if (!one.isLive) continue
      act(one)
      if (one.reader.isFull()) void this.bringUp(one)
    }
  }

  /** Reads the entries up to `seq` that were not given out yet. */
  private async advance(seq: number): Promise<void> {
    const [oldest] = this.texts.values()
    this.seq ??= oldest?.since ?? (await lastSeq(this.db, this.workspaceId as string, this.streamId))
    while (this.seq < seq) {
      const rows = await this.rowsAfter(this.seq)
      for (const row of rows) {
        this.seq = row.seq
        this.forgetTexts(row)
        this.giveAll((one) => this.give(one, row))
      }
      if (rows.length < most.rows) return
    }
  }

  private rowsAfter(seq: number): Promise<JournalRow[]> {
    return readJournal(this.db, this.workspaceId as string, this.streamId, seq, most.rows)
  }

  /**
   * A text ends with its message, its step or its run. Of a conversation all turns pass by here, also long over ones, for
   * a reader who begins at the beginning: those say nothing of what is being written now.
   */
  private forgetTexts({ seq, event, data, instanceUuid }: JournalRow): void {
    if (event === 'message') this.texts.delete(String(data.messageId))
    const endsStep = event === 'stepFinished' || event === 'stepFailed'
    for (const [messageId, text] of this.texts) {
      if (text.instanceUuid !== instanceUuid) continue
      if (event === 'instanceFinished' || (endsStep && text.path === data.path && seq > text.since))
        this.texts.delete(messageId)
    }
  }

  private takePiece(signal: DeltaSignal | ResetSignal, heard: number): void {
    if (signal.t === 'reset') this.texts.delete(signal.messageId)
    else if (this.isKnown(signal)) return
    else this.addToText(signal, heard)
    this.giveAll((one) => one.reader.piece(signal))
  }

  /** A piece that may have been lost on its way is sent by another, and so may come twice. */
  private isKnown({ messageId, attempt, offset, text }: DeltaSignal): boolean {
    const known = this.texts.get(messageId)
    return known?.attempt === attempt && known.text.startsWith(text, offset)
  }

  private addToText({ t: _, offset, ...piece }: DeltaSignal, heard: number): void {
    const text = this.texts.get(piece.messageId)
    if (offset === 0) {
      const oldest = this.texts.keys().next().value
      if (this.texts.size >= most.texts && oldest !== undefined) this.texts.delete(oldest)
      this.texts.set(piece.messageId, { ...piece, since: heard })
    } else if (text?.attempt === piece.attempt && text.text.length === offset && offset < most.characters)
      text.text += piece.text
    // The beginning was not heard here, so there is no text so far to give.
    else this.texts.delete(piece.messageId)
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.work.then(act)
    this.work = done.catch(() => {})
    return done
  }

  /** What cannot be read is a gap for everyone: readers are sent away, and come back for what they have not. */
  private later(act: () => Promise<void>): void {
    this.inTurn(act).catch((error: unknown) => {
      this.log.warn({ ...faultFields(error), streamId: this.streamId }, 'a stream could not be read on')
      for (const { reader } of this.joined) reader.fail()
    })
  }
}
