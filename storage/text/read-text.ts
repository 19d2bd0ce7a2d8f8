import { stat } from 'node:fs/promises'
import type { PageStart } from './page-starts.ts'
import { runReader } from './run-reader.ts'
import { empty, type Problem, tooLarge } from './unreadable.ts'

/**
 * `text` is Markdown for PDF, Word, PowerPoint and web pages, at most 500,000 characters; `pages` are there for PDF; `reason` is for the person
 * who uploaded the file.
 */
export type ReadText =
  | { ok: true; text: string; pages?: PageStart[]; mediaType: string; truncated: boolean }
  | { ok: false; code: Problem; reason: string }

/** What a web server sent: its bytes, and what it says of them. */
export interface PageAnswer {
  bytes: Uint8Array
  mediaType: string
  charset?: string | undefined
}

/** For readers who want other limits than a prompt's. */
export interface ReadingLimits {
  mostCharacters?: number
  seconds?: number
}

export { detectType } from './detect-type.ts'

/** A text of 500,000 characters comes in a few megabytes; the rest of a large file is pictures. */
const MAX_BYTES = 100 * 1024 * 1024

/**
 * The text of a file that a person uploaded. Rejects only when the file cannot be read from disk; everything wrong with the file itself is a
 * result with a reason, so that the question it answers stays open.
 */
export const readText = async (
  file: { path: string; name: string },
  limits: ReadingLimits = {},
  signal?: AbortSignal,
): Promise<ReadText> => {
  const { size } = await stat(file.path)
  if (size === 0) return failed(empty(file.name))
  if (size > MAX_BYTES) return failed(tooLarge(file.name, 'it has more than 100 MB'))
  return runReader({ ...file, mostCharacters: limits.mostCharacters }, limits.seconds, signal)
}

/** A page that takes longer is made to; there are others to read. */
const PAGE_SECONDS = 20

/** The text of a page of the web, read as an untrusted file is. Rejects only when `signal` is aborted. */
export const readPageText = async (
  page: PageAnswer,
  signal?: AbortSignal,
  { mostCharacters, seconds = PAGE_SECONDS }: ReadingLimits = {},
): Promise<ReadText> =>
  page.bytes.length === 0
    ? failed(empty('page'))
    : runReader({ name: 'page', page, mostCharacters }, seconds, signal)

const failed = (problem: { code: Problem; message: string }): ReadText => ({
  ok: false,
  code: problem.code,
  reason: problem.message,
})
