import { fileTypeFromBuffer } from 'file-type'
import { decodeText } from './decode-text.ts'
import {
  CSV,
  DOCX,
  HTML,
  type KnownType,
  MARKDOWN,
  OLD_OFFICE,
  PDF,
  PLAIN,
  PPTX,
  RTF,
  typeOfExtension,
  typeOfMediaType,
  XLSX,
  ZIP,
} from './known-types.ts'

/** `claimed` is what the name says, `actual` what the content is; either is missing when it says nothing. */
export type Detected = { claimed?: KnownType; actual?: KnownType }

/**
 * The type of a file by its content; the name only decides between kinds of text. `head` is the beginning of the file, 4,100 bytes or more.
 * `misnamed` when the name says one known type and the content is another.
 */
export const detectType = async (
  head: Uint8Array,
  name: string,
): Promise<{ mediaType: string; extension: string; misnamed: boolean }> => {
  const { claimed, actual } = await detect(head, name)
  const type = actual ?? { mediaType: 'application/octet-stream', extensions: [''] }
  const extension = extensionOf(name)
  return {
    mediaType: type.mediaType,
    extension: type.extensions.includes(extension) ? extension : type.extensions[0]!,
    misnamed: claimed !== undefined && type.mediaType !== claimed.mediaType,
  }
}

export const detect = async (head: Uint8Array, name: string): Promise<Detected> => {
  const extension = extensionOf(name)
  const claimed = typeOfExtension(extension)
  const actual = (await binaryType(head, extension)) ?? textType(head, claimed)
  return { ...(claimed && { claimed }), ...(actual && { actual }) }
}

const extensionOf = (name: string): string => /\.([^./\\\s]{1,10})\s*$/.exec(name)?.[1]?.toLowerCase() ?? ''

const binaryType = async (head: Uint8Array, extension: string): Promise<KnownType | undefined> => {
  // The PDF header may be preceded by other bytes: readers accept it within the first 1,024.
  if (Buffer.from(head.subarray(0, 1_024)).includes('%PDF-')) return PDF
  const found = await fileTypeFromBuffer(head).catch(() => undefined)
  if (!found) return undefined
  if (found.mime === 'application/xml') return undefined
  if (found.ext === 'zip') return officeZip(head, extension)
  if (found.ext === 'cfb') return OLD_OFFICE
  // Macro-enabled files and templates have the same parts as the usual ones.
  return (
    [DOCX, PPTX, XLSX].find((type) => type.extensions.includes(found.ext)) ??
    typeOfMediaType(found.mime, found.ext)
  )
}

/** Office programs differ in the order of the parts, so their folders are looked for wherever they are. */
const officeZip = (bytes: Uint8Array, extension: string): KnownType => {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (content.includes('word/document')) return DOCX
  if (content.includes('ppt/presentation')) return PPTX
  if (content.includes('xl/workbook')) return XLSX
  // A head may end before the first telling part; reading the whole file tells.
  const claimed = typeOfExtension(extension)
  if (content.includes('[Content_Types].xml') && claimed && [DOCX, PPTX, XLSX].includes(claimed))
    return claimed
  return ZIP
}

const textType = (head: Uint8Array, claimed: KnownType | undefined): KnownType | undefined => {
  const start = decodeText(head)?.text.slice(0, 1_000).trimStart()
  if (start === undefined) return undefined
  if (/^\{\\rtf/.test(start)) return RTF
  if (/^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)?<(!doctype\s+html|html)\b/i.test(start)) return HTML
  if (/^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<svg\b/i.test(start))
    return typeOfMediaType('image/svg+xml', 'svg')
  return claimed && [MARKDOWN, CSV, PLAIN, HTML].includes(claimed) ? claimed : PLAIN
}
