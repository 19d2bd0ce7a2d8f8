import type { Logger } from '../shared/log.ts'
import type { LiveSignal } from '../storage/live/live.ts'
import type { Database } from '../storage/sql/database.ts'
import { type JournalRow, lastSeq, readJournal } from '../storage/sql/read-journal.ts'
import { faultFields } from './errors.ts'

export type DeltaSignal = Extract<LiveSignal, { t: 'delta' }>
export type ResetSignal = Extract<LiveSignal, { t: 'reset' }>
export type AppSignal = Extract<LiveSignal, { t: 'journal' | 'notice' }>

/** A text that is being written, as far as this process has heard it from its beginning. */
export type LiveText = Omit<DeltaSignal, 't' | 'offset'> & {
  /** It began after this entry. */
  since: number
}

/** Who reads a stream. All calls come in the order of events. */
export interface StreamReader {
  rows(rows: JournalRow[]): void
  piece(signal: DeltaSignal | ResetSignal): void
}

export interface LiveHub {
  /** Takes a signal from the one listener of this process. */
  take(signal: LiveSignal): void
  /** After a gap in the signals: every stream that is read looks into SQL. */
  catchUp(): void
  /**
   * Reads a stream after `seq`: first what SQL holds, then `onLive` with the texts that are being written, then what
   * comes. Nothing is missed or told twice in between.
   */
  read(
    workspaceId: string,
    streamId: string,
    seq: number,
    reader: StreamReader,
    onLive: (texts: LiveText[]) => void,
  ): Promise<() => void>
  /** Signals of whole apps, for who sees more than one run. */
  watch(reader: (signal: AppSignal) => void): () => void
}

/** Bounds on what is remembered of texts that nobody reads here. */
const most = { textsOfStream: 16, characters: 500_000, unreadStreams: 1_000 } as const

/**
 * Fans the signals of one listener out to the readers of this process. A stream that is read has one place in the
 * journal; each signal makes one query, however many read.
 */
export function createLiveHub(db: Database, log: Logger): LiveHub {
  const streams = new Map<string, StreamFeed>()
  const watchers = new Set<(signal: AppSignal) => void>()

  const feedOf = (streamId: string): StreamFeed => {
    const found = streams.get(streamId)
    if (found) return found
    dropUnread()
    const made = new StreamFeed(db, log, streamId)
    streams.set(streamId, made)
    return made
  }
  const dropUnread = () => {
    const unread = [...streams.values()].filter((feed) => feed.isUnread)
    for (const feed of unread.slice(0, Math.max(0, unread.length - most.unreadStreams)))
      streams.delete(feed.streamId)
  }

  return {
    take(signal) {
      if (signal.t === 'journal' || signal.t === 'notice') for (const watcher of watchers) watcher(signal)
      if (signal.t === 'notice') return
      const feed = signal.t === 'delta' ? feedOf(signal.streamId) : streams.get(signal.streamId)
      if (!feed) return
      feed.take(signal)
      const hasEnded = signal.t === 'journal' && ['completed', 'failed', 'cancelled'].includes(signal.status)
      if (hasEnded && feed.isUnread) streams.delete(signal.streamId)
    },
    catchUp() {
      for (const feed of streams.values()) feed.catchUp()
    },
    async read(workspaceId, streamId, seq, reader, onLive) {
      const feed = feedOf(streamId)
      const leave = await feed.join(workspaceId, seq, reader, onLive)
      return () => {
        leave()
        if (feed.isUnread && feed.isSilent) streams.delete(streamId)
      }
    },
    watch(reader) {
      watchers.add(reader)
      return () => watchers.delete(reader)
    },
  }
}

interface Joined {
  reader: StreamReader
  /** The last entry this reader has. */
  seq: number
  /** False while the reader is still being given what SQL holds. */
  isLive: boolean
}

class StreamFeed {
  readonly streamId: string
  private readonly db: Database
  private readonly log: Logger
  private readonly joined = new Set<Joined>()
  private readonly texts = new Map<string, LiveText>()
  private workspaceId: string | undefined
  /** The last entry given out; undefined until the first reader, or the first text, asks for it. */
  private seq: number | undefined
  /** The last entry that a signal named, at the moment it came. */
  private heard: number | undefined
  /** Signals are worked off one after the other, so that readers get them in order. */
  private work: Promise<void> = Promise.resolve()

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
      this.heard = Math.max(this.heard ?? 0, signal.seq)
      if (!this.isUnread) this.queue(() => this.advance(signal.seq))
      return
    }
    const { heard } = this
    this.queue(() => this.takePiece(signal, heard))
  }

  catchUp(): void {
    // Pieces may be missing: what was heard so far is no beginning any more.
    this.queue(async () => this.texts.clear())
    if (!this.isUnread) this.queue(() => this.advance(Number.MAX_SAFE_INTEGER))
  }

  async join(
    workspaceId: string,
    after: number,
    reader: StreamReader,
    onLive: (texts: LiveText[]) => void,
  ): Promise<() => void> {
    this.workspaceId = workspaceId
    const one: Joined = { reader, seq: after, isLive: false }
    this.joined.add(one)
    try {
      // Most of the past is given outside of the queue, so that one slow reader holds up nobody.
      await this.replay(one)
      await this.queue(async () => {
        await this.advance(Number.MAX_SAFE_INTEGER)
        await this.replay(one)
        one.isLive = true
        onLive([...this.texts.values()])
      }, true)
    } catch (error) {
      this.joined.delete(one)
      throw error
    }
    return () => this.joined.delete(one)
  }

  private queue(act: () => Promise<void>, rethrow = false): Promise<void> {
    const done = this.work.then(act)
    this.work = done.catch((error: unknown) =>
      this.log.warn({ ...faultFields(error), streamId: this.streamId }, 'a stream could not be read on'),
    )
    return rethrow ? done : this.work
  }

  private async replay(one: Joined): Promise<void> {
    for (;;) {
      const rows = await readJournal(this.db, this.workspaceId as string, this.streamId, one.seq)
      if (rows.length === 0) return
      this.give(one, rows)
    }
  }

  private give(one: Joined, rows: JournalRow[]): void {
    const fresh = rows.filter((row) => row.seq > one.seq)
    const last = fresh.at(-1)
    if (!last) return
    one.seq = last.seq
    one.reader.rows(fresh)
  }

  /** Reads the entries up to `seq` that were not given out yet. */
  private async advance(seq: number): Promise<void> {
    if (this.workspaceId === undefined) return
    const [oldest] = this.texts.values()
    this.seq ??= oldest?.since ?? (await lastSeq(this.db, this.streamId))
    while (this.seq < seq) {
      const rows = await readJournal(this.db, this.workspaceId, this.streamId, this.seq)
      const last = rows.at(-1)
      if (!last) return
      this.seq = last.seq
      for (const row of rows) this.forgetTexts(row)
      for (const one of this.joined) if (one.isLive) this.give(one, rows)
    }
  }

  /** A text ends with its message, its step or its run. */
  private forgetTexts({ seq, event, data }: JournalRow): void {
    if (event === 'instanceFinished') this.texts.clear()
    if (event === 'message') this.texts.delete(String(data.messageId))
    if (event !== 'stepFinished' && event !== 'stepFailed') return
    for (const [messageId, text] of this.texts)
      if (text.path === data.path && seq > text.since) this.texts.delete(messageId)
  }

  /** Where the journal stands when no signal has told it yet; 0 when one came while we asked. */
  private async placeNow(): Promise<number> {
    const seq = await lastSeq(this.db, this.streamId)
    return this.heard === undefined ? seq : 0
  }

  private async takePiece(signal: DeltaSignal | ResetSignal, heard: number | undefined): Promise<void> {
    if (signal.t === 'reset') this.texts.delete(signal.messageId)
    else await this.addToText(signal, heard)
    for (const one of this.joined) if (one.isLive) one.reader.piece(signal)
  }

  private async addToText({ t: _, offset, ...piece }: DeltaSignal, heard: number | undefined): Promise<void> {
    const text = this.texts.get(piece.messageId)
    if (offset === 0) {
      const oldest = this.texts.keys().next().value
      if (this.texts.size >= most.textsOfStream && oldest !== undefined) this.texts.delete(oldest)
      this.texts.set(piece.messageId, { ...piece, since: heard ?? (await this.placeNow()) })
    } else if (
      text &&
      text.attempt === piece.attempt &&
      text.text.length === offset &&
      offset < most.characters
    )
      text.text += piece.text
    // The beginning was not heard here, so there is no text so far to give.
    else this.texts.delete(piece.messageId)
  }
}
