/** Why a file gives no text. A person reads the reason, so it names the file, what is wrong and what to do. */
export type Problem =
  | 'NoText'
  | 'Locked'
  | 'Damaged'
  | 'Misnamed'
  | 'Unsupported'
  | 'TooLarge'
  | 'TooSlow'
  | 'Empty'

export class Unreadable extends Error {
  readonly code: Problem
  constructor(code: Problem, reason: string) {
    super(reason)
    this.code = code
  }
}

const READABLE = 'PDF, Word (.docx), PowerPoint (.pptx), web page (.html), Markdown, CSV or plain text'

export const empty = (name: string) =>
  new Unreadable('Empty', `"${name}" is empty. Upload the file again, or another one that has content.`)

export const scanned = (name: string, pages: number) =>
  new Unreadable(
    'NoText',
    `"${name}" has ${pages} ${pages === 1 ? 'page' : 'pages'} but no text: it looks like a scan. Upload a version with text (for example after OCR), or type the content as an answer.`,
  )

export const unmappedFonts = (name: string) =>
  new Unreadable(
    'NoText',
    `The text of "${name}" cannot be read: its fonts do not say which letters they draw. Export it again from the program it was made with, run OCR on it, or type the content as an answer.`,
  )

export const wordless = (name: string, kind: string) =>
  new Unreadable(
    'NoText',
    `"${name}" is ${kind} without any text. Upload a version with text, or type the content as an answer.`,
  )

export const locked = (name: string) =>
  new Unreadable(
    'Locked',
    `"${name}" is protected with a password. Remove the password in the program it was made with and upload it again.`,
  )

export const damaged = (name: string) =>
  new Unreadable(
    'Damaged',
    `"${name}" could not be opened: it ends too early or is damaged. Export or download it again and upload the new file.`,
  )

export const misnamed = (name: string, claimed: string, actual: string, wanted: string) =>
  new Unreadable(
    'Misnamed',
    `"${name}" is named as ${claimed} but is ${actual}. Upload the ${wanted} itself.`,
  )

export const unsupported = (name: string, actual: string, hint = '') =>
  new Unreadable(
    'Unsupported',
    `"${name}" is ${actual}, which cannot be read here. ${hint || `Upload a ${READABLE} file.`}`,
  )

export const tooLarge = (name: string, why: string) =>
  new Unreadable(
    'TooLarge',
    `"${name}" is too large to read: ${why}. Upload a smaller version or only the part that matters.`,
  )

export const tooSlow = (name: string, seconds: number) =>
  new Unreadable(
    'TooSlow',
    `"${name}" could not be read within ${seconds} seconds. Upload a simpler or smaller version, or only the part that matters.`,
  )
