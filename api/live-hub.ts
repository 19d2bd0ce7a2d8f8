import type { Logger } from '../shared/log.ts'
import type { LiveSignal } from '../storage/live/signal.ts'
import type { Database } from '../storage/sql/database.ts'
import { lastSeqs } from '../storage/sql/read-journal.ts'
import { type DeltaSignal, type ResetSignal, StreamFeed, type StreamReader } from './stream-feed.ts'

export type AppSignal = Extract<LiveSignal, { t: 'journal' | 'notice' }>
export type { DeltaSignal, ResetSignal, StreamReader }

export interface LiveHub {
  /** Takes a signal from the one listener of this process. */
  take(signal: LiveSignal): void
  /** After a gap in the signals: every stream that is read looks into SQL. */
  catchUp(): void
  /** Every stream that is read looks whether SQL has more than it was told of: one query for all of them. */
  look(): Promise<void>
  /** Reads a stream after `seq`: what SQL holds, then what comes. Nothing is missed or told twice in between. */
  read(workspaceId: string, streamId: string, seq: number, reader: StreamReader): () => void
  /** Signals of whole apps, for who sees more than one run. */
  watch(reader: (signal: AppSignal) => void): () => void
}

/** Streams whose texts are remembered though nobody reads them here. */
const mostUnread = 1_000

/**
 * Fans the signals of one listener out to the readers of this process. A stream that is read has one place in the
 * journal; each signal makes one query, however many read.
 */
export function createLiveHub(db: Database, log: Logger): LiveHub {
  const feeds = new Map<string, StreamFeed>()
  const watchers = new Set<(signal: AppSignal) => void>()

  const feedOf = (streamId: string): StreamFeed => {
    const found = feeds.get(streamId)
    if (found) return found
    dropUnread()
    const made = new StreamFeed(db, log, streamId)
    feeds.set(streamId, made)
    return made
  }
  const dropUnread = () => {
    if (feeds.size <= mostUnread) return
    const unread = [...feeds.values()].filter((feed) => feed.isUnread)
    for (const feed of unread.slice(0, Math.max(0, unread.length - mostUnread))) feeds.delete(feed.streamId)
  }

  return {
    take(signal) {
      if (signal.t === 'journal' || signal.t === 'notice') for (const watcher of watchers) watcher(signal)
      if (signal.t === 'notice') return
      const feed = signal.t === 'delta' ? feedOf(signal.streamId) : feeds.get(signal.streamId)
      if (!feed) return
      feed.take(signal)
      const hasEnded = signal.t === 'journal' && ['completed', 'failed', 'cancelled'].includes(signal.status)
      if (hasEnded && feed.isUnread) feeds.delete(signal.streamId)
    },
    catchUp() {
      for (const feed of feeds.values()) feed.catchUp()
    },
    async look() {
      const read = [...feeds.values()].filter((feed) => !feed.isUnread).map(({ streamId }) => streamId)
      if (read.length === 0) return
      for (const { streamId, seq } of await lastSeqs(db, read)) feeds.get(streamId)?.reach(seq)
    },
    read(workspaceId, streamId, seq, reader) {
      const feed = feedOf(streamId)
      const leave = feed.join(workspaceId, seq, reader)
      return () => {
        leave()
        if (feed.isUnread && feed.isSilent) feeds.delete(streamId)
      }
    },
    watch(reader) {
      watchers.add(reader)
      return () => watchers.delete(reader)
    },
  }
}
