import { isAscii, isUtf8 } from 'node:buffer'
import { readArticle } from './read-article.ts'
import { readBytes } from './read-bytes.ts'
import type { PageAnswer, ReadText } from './read-text.ts'

/** Reads what a web server answered: an article for a page, and everything else as the file that it is. */
export const readPage = (
  { bytes, mediaType, charset }: PageAnswer,
  mostCharacters?: number,
): Promise<ReadText> =>
  readBytes(
    inUtf8(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), charset),
    nameOf(mediaType),
    readArticle,
    mostCharacters,
  )

/** The server's word comes first for kinds of text; what else it is, the content says better. */
const nameOf = (mediaType: string): string => {
  if (/^(text\/html|application\/xhtml\+xml)$/.test(mediaType)) return 'page.html'
  return /^text\/|json$/.test(mediaType) ? 'page.txt' : 'page'
}

/** The server's word on the encoding precedes the page's own; against both stands what can only be UTF-8. */
const inUtf8 = (bytes: Buffer, charset: string | undefined): Buffer => {
  const isKnown = isUtf8(bytes) && !isAscii(bytes)
  const hasMark = bytes[0] === 0xff || bytes[0] === 0xfe
  if (!charset || /^utf-?8$/i.test(charset) || isKnown || hasMark || isBinary(bytes)) return bytes
  try {
    return Buffer.from(new TextDecoder(charset).decode(bytes))
  } catch {
    return bytes
  }
}

const isBinary = (bytes: Buffer): boolean =>
  bytes.subarray(0, 1_024).includes('%PDF-') || bytes.subarray(0, 2).equals(ZIP)

const ZIP = Buffer.from('PK')
