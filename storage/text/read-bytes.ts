import { cleanCharacters, cleanText, cut, MAX_CHARACTERS } from './clean-text.ts'
import { type Detected, detect } from './detect-type.ts'
import { CSV, DOCX, HTML, type KnownType, OLD_OFFICE, PDF, PPTX } from './known-types.ts'
import { openZip } from './open-zip.ts'
import { changeText, type PagedText } from './page-starts.ts'
import { readPdf } from './pdf/read-pdf.ts'
import { readDocx } from './read-docx.ts'
import { readHtml } from './read-html.ts'
import { readPlain } from './read-plain.ts'
import { readPptx } from './read-pptx.ts'
import type { ReadText } from './read-text.ts'
import { damaged, empty, locked, misnamed, Unreadable, unsupported } from './unreadable.ts'

type Reader = (
  bytes: Buffer,
  name: string,
  mostCharacters: number,
) => Promise<string | (PagedText & { truncated: boolean })>

/** Reads a file's text by what it is, whatever its name says. Runs in the reader's thread: it may take long, or all memory. */
export const readBytes = async (
  bytes: Buffer,
  name: string,
  readPage: Reader = readHtml,
  mostCharacters = MAX_CHARACTERS,
): Promise<ReadText> => {
  try {
    if (isBlank(bytes)) throw empty(name)
    const type = typeToRead(await detect(bytes, name), bytes, name)
    const read = await reader(type, readPage)(bytes, name, mostCharacters)
    const paged = typeof read === 'string' ? { text: read, truncated: false } : read
    const { text, pages } = paged.pages ? changeText(paged, cleanCharacters) : { text: cleanText(paged.text) }
    const short = cut(paged.pages ? text.trimEnd() : text, mostCharacters)
    if (short.text === '') throw empty(name)
    return {
      ok: true,
      text: short.text,
      ...(pages ? { pages } : {}),
      mediaType: type.mediaType,
      truncated: paged.truncated || short.truncated,
    }
  } catch (error) {
    // What a parser throws on a broken file is its own business; a person needs to know that the file is broken.
    const problem = error instanceof Unreadable ? error : damaged(name)
    return { ok: false, code: problem.code, reason: problem.message }
  }
}

const reader = (type: KnownType, readPage: Reader): Reader => {
  if (type === PDF) return readPdf
  if (type === DOCX) return readDocx
  if (type === PPTX) return readPptx
  if (type === HTML) return readPage
  return readPlain
}

const typeToRead = ({ claimed, actual }: Detected, bytes: Buffer, name: string): KnownType => {
  if (actual?.readable && !isPageInstead(actual, claimed)) return actual
  // An encrypted DOCX is an old-style container around the secret; its directory names the stream.
  if (actual === OLD_OFFICE && bytes.includes(Buffer.from('EncryptedPackage', 'utf16le'))) throw locked(name)
  // Cut off before the part that says what it is: an office file that is no complete archive any more.
  if (claimed?.readable && (!actual || isBrokenArchive(actual, bytes))) throw damaged(name)
  if (claimed?.readable && actual) throw misnamed(name, claimed.called, actual.called, claimed.short)
  const type = actual ?? claimed
  throw unsupported(name, type?.called ?? 'a file of an unknown type', type?.hint)
}

/** A page that asks to sign in, saved under the name of the file it stood before. */
const isPageInstead = (actual: KnownType, claimed: KnownType | undefined) =>
  actual === HTML && claimed !== undefined && [PDF, DOCX, PPTX, CSV].includes(claimed)

const isBrokenArchive = (actual: KnownType, bytes: Buffer) =>
  actual.mediaType === 'application/zip' && !openZip(bytes)

const isBlank = (bytes: Buffer): boolean => {
  if (bytes.length > 1024 * 1024) return false
  return /^[\s\ufeff\0]*$/.test(bytes.toString('utf8')) || /^[\s\ufeff]*$/.test(bytes.toString('utf16le'))
}
