import type { JournalEntry } from '../shared/contract/journal.ts'
import { bytesOf } from '../shared/temporal/payload-size.ts'

interface Owed {
  entry: JournalEntry
  /** Writes under way that have it with them. */
  carriers: number
  /** Perhaps nobody has to be told of it in a moment from now. */
  mayPass: boolean
}

/**
 * What readers are owed of a session that belongs to no turn, until it is known to be told. A write takes all of it along,
 * also what another one has with it: entries have keys, so that is harmless, and whichever comes first tells them in the
 * order in which they happened, before what happened after them.
 */
export class SessionLedger {
  private owed: Owed[] = []

  add(entry: JournalEntry, { mayPass = false } = {}): void {
    this.owed.push({ entry, carriers: 0, mayPass })
  }

  get isEmpty(): boolean {
    return this.owed.length === 0
  }

  /** Whether something is owed that nobody is about to tell. */
  get isWaiting(): boolean {
    return this.owed.some(({ carriers }) => carriers === 0)
  }

  /** Whether all that nobody is about to tell may pass by itself. */
  get mayPass(): boolean {
    return this.owed.every(({ carriers, mayPass }) => carriers > 0 || mayPass)
  }

  get bytes(): number {
    return bytesOf(this.owed.map(({ entry }) => entry))
  }

  /** Has a write take along what is owed; with `most`, only the first entries, that have so many bytes together. */
  async with<T>(write: (entries: JournalEntry[]) => Promise<T>, most = Number.POSITIVE_INFINITY): Promise<T> {
    const taken = this.first(most)
    for (const one of taken) one.carriers++
    try {
      const given = await write(taken.map(({ entry }) => entry))
      this.owed = this.owed.filter((one) => !taken.includes(one))
      return given
    } finally {
      for (const one of taken) one.carriers--
    }
  }

  /** What nobody has to be told any more, where it is not on its way. */
  drop(keys: ReadonlySet<string>): void {
    this.owed = this.owed.filter(({ entry, carriers }) => carriers > 0 || !keys.has(entry.key))
  }

  private first(most: number): Owed[] {
    if (most === Number.POSITIVE_INFINITY) return [...this.owed]
    let bytes = 0
    const tooMany = this.owed.findIndex(({ entry }, index) => {
      bytes += bytesOf(entry)
      return bytes > most && index > 0
    })
    return this.owed.slice(0, tooMany < 0 ? this.owed.length : tooMany)
  }
}
