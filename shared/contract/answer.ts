import { z } from 'zod'
import { ChoiceAnswer, choice } from './answer/choice.ts'
import { DateAnswer, date } from './answer/date.ts'
import { FileAnswer, type FileIds, file } from './answer/file.ts'
import { FormAnswer, form } from './answer/form.ts'
import { NumberAnswer, number } from './answer/number.ts'
import type { KindOfAnswer, Reading } from './answer/reading.ts'
import { TextAnswer, text } from './answer/text.ts'
import type { FileValue } from './file.ts'

export { readFileAnswer } from './answer/file.ts'

/** What a question asks for; the kind decides which value the step gives. */
export const AnswerKind = z.discriminatedUnion('type', [
  TextAnswer,
  NumberAnswer,
  DateAnswer,
  ChoiceAnswer,
  FileAnswer,
  FormAnswer,
])
export type AnswerKind = z.infer<typeof AnswerKind>

export type AnswerValue = string | number | string[] | FileValue[] | FileIds | Record<string, unknown>
export type AnswerReading = Reading<AnswerValue>

type Kinds = { [Type in AnswerKind['type']]: KindOfAnswer<Extract<AnswerKind, { type: Type }>, AnswerValue> }
const kinds = { text, number, date, choice, file, form } satisfies Kinds

/** The table above pairs each type with its reader; the compiler cannot follow the pair through a lookup. */
const readerOf = (kind: AnswerKind) => kinds[kind.type] as KindOfAnswer<AnswerKind, AnswerValue>

/**
 * Reads what a person said or a client sent: a typed value, or words such as "the second one", "next Friday", "12k".
 * The same for HTTP, update, signal and chat, without a model and without a clock of its own, so that a replayed
 * workflow reads the same. A value that was read reads as itself again.
 *
 * `now` is an ISO instant, `timeZone` the workspace's IANA zone: "tomorrow" is tomorrow there. A reason is one or two
 * sentences for whoever answered: what came, what is expected, an example. Of a `file` given as `{ fileIds }` only the
 * number is checked; `readFileAnswer` reads the files themselves.
 */
export const readAnswer = (given: unknown, kind: AnswerKind, now: string, timeZone: string): AnswerReading =>
  readerOf(kind).read(given, kind, { now, timeZone })

/** A value that `readAnswer` gave, as it is echoed to people: "Friday 27 November 2026", "12,000", the labels chosen. */
export const describeAnswer = (value: AnswerValue, kind: AnswerKind, timeZone: string): string =>
  readerOf(kind).describe(value, kind, timeZone)
