import mammoth from 'mammoth'
import { plainLetters } from './clean-text.ts'
import { toMarkdown } from './markdown.ts'
import { checkParts, openOffice } from './open-office.ts'
import { parseXml } from './parse-xml.ts'
import { blocksOf } from './read-html/blocks.ts'
import { damaged, wordless } from './unreadable.ts'

/** Word's own title styles are no headings for mammoth; pictures and links give nothing to read. */
const STYLES = [
  "p[style-name='Title'] => h1:fresh",
  "p[style-name='Subtitle'] => p:fresh",
  'br[type="page"] => hr',
]

/** Headings, lists and tables of a Word document as Markdown; footnotes stand at the end. mammoth resolves styles, numbering and tracked changes. */
export const readDocx = async (bytes: Buffer, name: string): Promise<string> => {
  const file = openOffice(bytes, name)
  if (!file.names.some((part) => part.startsWith('word/document'))) throw damaged(name)
  checkParts(file)
  const { value: html } = await mammoth.convertToHtml(
    { buffer: bytes },
    {
      styleMap: STYLES,
      convertImage: mammoth.images.imgElement(async () => ({ src: '' })),
      externalFileAccess: false,
    },
  )
  const text = plainLetters(toMarkdown(blocksOf(parseXml(`<body>${html}</body>`))))
  if (!/[\p{L}\p{N}]/u.test(text)) throw wordless(name, 'a Word document')
  return text
}
