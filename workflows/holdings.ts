import { count } from '../shared/contract/budget.ts'
import { fail } from '../shared/temporal/failure.ts'
import { bytesOf } from '../shared/temporal/payload-size.ts'

/** Bytes of results and notes that a run may keep: all of it goes along into the next execution, in one payload. */
const mostHeld = 32_000_000

/** Bytes of those above which nothing is looked ahead for. */
const mostCopied = 64_000

/** How much a run keeps, by the frame or the path it is kept for. */
export class Holdings {
  private readonly bytes = new Map<string, number>()
  private together = 0

  /** @throws TooLarge when all together is too much */
  add(place: string, value: unknown): void {
    this.change(place, this.cost(value))
    if (this.together > mostHeld)
      throw fail(
        'TooLarge',
        `The results of a run may have ${mostHeld / 1_000_000} MB together: put what is large into files.`,
      )
  }

  take(place: string, value: unknown): void {
    this.change(place, -this.cost(value))
  }

  letGo(place: string): void {
    this.change(place, -(this.bytes.get(place) ?? 0))
    this.bytes.delete(place)
  }

  /** Whether it takes little to make a copy of all. */
  get areSmall(): boolean {
    return this.together < mostCopied
  }

  private cost(value: unknown): number {
    const bytes = bytesOf(value)
    count(bytes / 16)
    return bytes
  }

  private change(place: string, bytes: number): void {
    this.bytes.set(place, (this.bytes.get(place) ?? 0) + bytes)
    this.together += bytes
  }
}
