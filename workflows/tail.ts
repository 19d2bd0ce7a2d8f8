import type { JournalEntry } from '../shared/contract/journal.ts'
import type { Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import type { Noted } from './noted.ts'

/** A step that does nothing more and has only to be told of: one around the step under way, or an `end` behind it. */
interface ToTell {
  step: AnyStep
  path: string
  /** The result of a step around. */
  gives?: Json
}

/**
 * What comes after the step under way. Where nothing is left to do, its activity tells of the end of the pass in the
 * transaction of its own result: one write less, and nobody sees a reply of a turn that is not over.
 */
export interface Tail {
  /** Whether nothing is left that does something. */
  isLast: boolean
  /** In the order in which it is told. */
  toTell: readonly ToTell[]
  /** How the pass is told to be over. */
  over: (output: Json) => Noted[]
}

/** The end of a pass, for an activity to carry. */
export interface Closing {
  entries: JournalEntry[]
  output: Json
}

/** The tail of a step in a list, where `next` comes after it. */
export function tailBefore(next: AnyStep | undefined, at: string, tail: Tail | undefined): Tail | undefined {
  if (!tail || !next) return tail
  // An `end` ends everything, so of what is outside only the steps around are told of.
  const around = tail.toTell.filter(({ step }) => step.type !== 'end')
  if (!isPlainEnd(next)) return { ...tail, isLast: false, toTell: around }
  return {
    ...tail,
    isLast: true,
    toTell: [{ step: next, path: at ? `${at}.${next.id}` : next.id }, ...around],
  }
}

/** The tail of what stands inside a step that has nothing more to do afterwards. */
export const tailInside = (around: ToTell, tail: Tail | undefined): Tail | undefined =>
  tail && { ...tail, toTell: [around, ...tail.toTell] }

const isPlainEnd = ({ type, when, timeout, onError }: AnyStep): boolean =>
  type === 'end' && when === undefined && timeout === undefined && onError === undefined
