/** What a person calls a type of file, which names it goes by, and whether its text can be read. */
export type KnownType = {
  mediaType: string
  /** Without the dot; the first is the usual one. */
  extensions: readonly string[]
  /** With its article, as in "is a JPEG picture". */
  called: string
  /** Without article, as in "Upload the PDF itself". */
  short: string
  readable?: true
  /** What to do with a file of this type instead. */
  hint?: string
}

const OOXML = 'application/vnd.openxmlformats-officedocument'

export const PDF: KnownType = {
  mediaType: 'application/pdf',
  extensions: ['pdf'],
  called: 'a PDF',
  short: 'PDF',
  readable: true,
}
export const DOCX: KnownType = {
  mediaType: `${OOXML}.wordprocessingml.document`,
  extensions: ['docx', 'docm', 'dotx'],
  called: 'a Word document',
  short: 'Word document',
  readable: true,
}
export const PPTX: KnownType = {
  mediaType: `${OOXML}.presentationml.presentation`,
  extensions: ['pptx', 'pptm', 'ppsx', 'potx'],
  called: 'a PowerPoint presentation',
  short: 'PowerPoint presentation',
  readable: true,
}
export const PLAIN: KnownType = {
  mediaType: 'text/plain',
  extensions: ['txt', 'text', 'log', 'json', 'yaml', 'yml', 'xml', 'vtt', 'srt'],
  called: 'plain text',
  short: 'text file',
  readable: true,
}
export const MARKDOWN: KnownType = {
  mediaType: 'text/markdown',
  extensions: ['md', 'markdown'],
  called: 'Markdown',
  short: 'Markdown file',
  readable: true,
}
export const CSV: KnownType = {
  mediaType: 'text/csv',
  extensions: ['csv', 'tsv'],
  called: 'a CSV table',
  short: 'CSV file',
  readable: true,
}
export const XLSX: KnownType = {
  mediaType: `${OOXML}.spreadsheetml.sheet`,
  extensions: ['xlsx', 'xlsm'],
  called: 'an Excel workbook',
  short: 'Excel workbook',
  hint: 'Save the sheet you need as CSV and upload that.',
}
export const OLD_OFFICE: KnownType = {
  mediaType: 'application/x-cfb',
  extensions: ['doc', 'ppt', 'xls', 'dot', 'pps', 'msg'],
  called: 'a document of an old Office format',
  short: 'document',
  hint: 'Save it as .docx, .pptx or PDF and upload that.',
}
export const HTML: KnownType = {
  mediaType: 'text/html',
  extensions: ['html', 'htm', 'xhtml'],
  called: 'a web page',
  short: 'web page',
  readable: true,
}
export const RTF: KnownType = {
  mediaType: 'application/rtf',
  extensions: ['rtf'],
  called: 'an RTF document',
  short: 'RTF document',
  hint: 'Save it as .docx or PDF and upload that.',
}
const OPEN_DOCUMENT: KnownType = {
  mediaType: 'application/vnd.oasis.opendocument.text',
  extensions: ['odt', 'odp', 'ods'],
  called: 'an OpenDocument file',
  short: 'OpenDocument file',
  hint: 'Save it as .docx, .pptx or PDF and upload that.',
}
export const ZIP: KnownType = {
  mediaType: 'application/zip',
  extensions: ['zip'],
  called: 'a ZIP archive',
  short: 'ZIP archive',
  hint: 'Unpack it and upload the files that matter.',
}

const ALL = [PDF, DOCX, PPTX, MARKDOWN, CSV, PLAIN, XLSX, OLD_OFFICE, HTML, RTF, OPEN_DOCUMENT, ZIP]

export const typeOfExtension = (extension: string): KnownType | undefined =>
  ALL.find((type) => type.extensions.includes(extension)) ?? pictureOrSound(extension)

export const typeOfMediaType = (mediaType: string, extension: string): KnownType =>
  ALL.find((type) => type.mediaType === mediaType) ??
  (mediaType.startsWith('application/vnd.oasis.opendocument') ? OPEN_DOCUMENT : undefined) ??
  (mediaType.startsWith(OOXML) || mediaType.startsWith('application/vnd.ms-')
    ? ALL.find((type) => type.extensions.includes(extension))
    : undefined) ??
  other(mediaType, extension)

const PICTURES = ['jpg', 'jpeg', 'png', 'gif', 'webp', 'heic', 'tif', 'tiff', 'bmp', 'svg', 'avif']
const SOUNDS = ['mp3', 'wav', 'm4a', 'ogg', 'flac', 'opus', 'aac']
const VIDEOS = ['mp4', 'mov', 'webm', 'avi', 'mkv']

const pictureOrSound = (extension: string): KnownType | undefined => {
  if (PICTURES.includes(extension)) return other(`image/${extension.replace('jpg', 'jpeg')}`, extension)
  if (SOUNDS.includes(extension)) return other(`audio/${extension}`, extension)
  if (VIDEOS.includes(extension)) return other(`video/${extension}`, extension)
  return undefined
}

const other = (mediaType: string, extension: string): KnownType => {
  const named = (called: string, short: string, hint?: string): KnownType => ({
    mediaType,
    extensions: [extension],
    called,
    short,
    ...(hint ? { hint } : {}),
  })
  const label = extension.replace('jpg', 'jpeg').toUpperCase()
  const article = /^[AEFHILMNORSX8]/.test(label) && !/^HEI/.test(label) ? 'an' : 'a'
  if (mediaType.startsWith('image/'))
    return named(
      `${/^(AVIF|SVG|MNG)/.test(label) ? 'an' : 'a'} ${label} picture`,
      `${label} picture`,
      OCR_HINT,
    )
  if (mediaType.startsWith('audio/')) return named('a sound recording', 'sound recording', TRANSCRIPT_HINT)
  if (mediaType.startsWith('video/')) return named('a video', 'video', TRANSCRIPT_HINT)
  if (extension === 'exe') return named('a Windows program', 'program')
  return named(`${article} ${label} file`, `${label} file`)
}

const OCR_HINT = 'Upload a version with text (for example a PDF after OCR), or type the content as an answer.'
const TRANSCRIPT_HINT = 'Upload a transcript of it, or type the content as an answer.'
