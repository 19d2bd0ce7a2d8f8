import type { JournalEntry } from '../shared/contract/journal.ts'
import { bytesOf } from '../shared/temporal/payload-size.ts'

/**
 * The journal entries that one line of a run still owes its readers, in the order they happened. Lines that run side by
 * side have one each, so that no line's entries wait for another line's activity and come too late.
 */
export class Ledger {
  private entries: JournalEntry[] = []

  add(entry: JournalEntry): void {
    this.entries.push(entry)
  }

  get isEmpty(): boolean {
    return this.entries.length === 0
  }

  get length(): number {
    return this.entries.length
  }

  get bytes(): number {
    return bytesOf(this.entries)
  }

  /** The entries, for an activity to carry; with `most`, only the first ones, that have so many bytes together. */
  take(most = Number.POSITIVE_INFINITY): JournalEntry[] {
    if (most === Number.POSITIVE_INFINITY) return this.entries.splice(0)
    let bytes = 0
    const tooMany = this.entries.findIndex((entry, index) => {
      bytes += bytesOf(entry)
      return bytes > most && index > 0
    })
    return this.entries.splice(0, tooMany < 0 ? this.entries.length : tooMany)
  }

  /** What nobody has to be told any more. */
  drop(keys: ReadonlySet<string>): void {
    this.entries = this.entries.filter(({ key }) => !keys.has(key))
  }

  /**
   * An activity did not come as far as telling: what it carried is owed again. Their keys make that harmless, and what
   * several lines owed is owed once.
   */
  giveBack(entries: JournalEntry[]): void {
    const all = [...entries, ...this.entries]
    this.entries = [...new Map(all.map((entry) => [entry.key, entry])).values()]
  }
}
