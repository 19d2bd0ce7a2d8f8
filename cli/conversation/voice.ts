import type { Instance, RunEvent } from '../../client/http.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'

/** How a conversation is told: as a transcript on the screen, or as lines of JSON. */
export interface Voice {
  event(event: RunEvent): void
  lost(): void
  back(): void
  /** An answer was refused; the question stays. */
  refused(reason: string): void
  /** Something that needs no reply. */
  remark(text: string): void
  /** Somebody else must reply. */
  waitsFor(request: OpenRequest, whom: string): void
  /** What was said here, so that its echo is not told a second time. */
  answered(request: OpenRequest, typed: string | undefined): void
  /** The run is over, and its results are saved. */
  ended(instance: Instance, saved: string[]): void
}
