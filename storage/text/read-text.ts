import { stat } from 'node:fs/promises'
import { runReader } from './run-reader.ts'
import { empty, type Problem, tooLarge } from './unreadable.ts'

/** `text` is Markdown for PDF, Word, PowerPoint and web pages, at most 500,000 characters; `reason` is for the person who uploaded the file. */
export type ReadText =
  | { ok: true; text: string; mediaType: string; truncated: boolean }
  | { ok: false; code: Problem; reason: string }

/** What a web server sent: its bytes, and what it says of them. */
export interface PageAnswer {
  bytes: Uint8Array
  mediaType: string
  charset?: string | undefined
}

export { detectType } from './detect-type.ts'

/** A text of 500,000 characters comes in a few megabytes; the rest of a large file is pictures. */
const MAX_BYTES = 100 * 1024 * 1024

/**
 * The text of a file that a person uploaded. Rejects only when the file cannot be read from disk; everything wrong with the file itself is a
 * result with a reason, so that the question it answers stays open.
 */
export const readText = async (file: { path: string; name: string }): Promise<ReadText> => {
  const { size } = await stat(file.path)
  if (size === 0) return failed(empty(file.name))
  if (size > MAX_BYTES) return failed(tooLarge(file.name, 'it has more than 100 MB'))
  return runReader(file)
}

/** A page that takes longer is made to; there are others to read. */
const PAGE_SECONDS = 20

/** The text of a page of the web, read as an untrusted file is. Rejects only when `signal` is aborted. */
export const readPageText = async (page: PageAnswer, signal?: AbortSignal): Promise<ReadText> =>
  page.bytes.length === 0 ? failed(empty('page')) : runReader({ name: 'page', page }, PAGE_SECONDS, signal)

const failed = (problem: { code: Problem; message: string }): ReadText => ({
  ok: false,
  code: problem.code,
  reason: problem.message,
})
