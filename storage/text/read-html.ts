import { type DefaultTreeAdapterTypes, parse } from 'parse5'
import { plainLetters } from './clean-text.ts'
import { decodeText } from './decode-text.ts'
import { toMarkdown } from './markdown.ts'
import { descendants, textOf, type XmlElement } from './parse-xml.ts'
import { blocksOf } from './read-html/blocks.ts'
import { visibleOf } from './read-html/visible.ts'
import { damaged, wordless } from './unreadable.ts'

type Element = DefaultTreeAdapterTypes.Element

/** Headings, lists and tables of a saved web page as Markdown. Nothing in it runs and nothing is fetched: the parser only builds a tree. */
export const readHtml = async (bytes: Buffer, name: string): Promise<string> => {
  const source = decodePage(bytes)
  if (source === undefined) throw damaged(name)
  return pageToMarkdown(source, name)
}

export const pageToMarkdown = (source: string, name: string): string => {
  const page = parse(source)
  const html = page.childNodes.find((node): node is Element => node.nodeName === 'html')
  const part = (tag: string) => html?.childNodes.find((node): node is Element => node.nodeName === tag)
  const body = part('body') ?? part('frameset')
  const text = body ? plainLetters(toMarkdown(blocksOf(contentOf(visibleOf(body))))) : ''
  if (!/[\p{L}\p{N}]/u.test(text)) throw wordless(name, 'a web page')
  const title = titleOf(part('head'))
  // The name of a page stands in its head; most pages say it again as their first heading.
  return title && !/^# /m.test(text) ? `# ${title}\n\n${text}` : text
}

/** What is valid UTF-8 or has a mark is that; else the page's own word counts, and then the letters. */
export const decodePage = (bytes: Buffer): string | undefined => {
  const decoded = decodeText(bytes)
  if (!decoded || decoded.encoding.startsWith('utf-')) return decoded?.text
  const head = bytes.subarray(0, 4_096).toString('latin1')
  const declared = /<meta[^>]{1,200}?charset\s*=\s*["']?\s*([\w-]{1,30})/i.exec(head)?.[1]
  try {
    return declared && !/^utf-?\d/i.test(declared) ? new TextDecoder(declared).decode(bytes) : decoded.text
  } catch {
    return decoded.text
  }
}

/** The article of a page without what surrounds it, when the page says which that is and it is no mere part. */
const contentOf = (body: XmlElement): XmlElement => {
  const whole = textOf(body).length
  for (const name of ['main', 'article']) {
    const [only, ...others] = descendants(body, name)
    if (only && others.length === 0 && textOf(only).length > whole / 3) return only
  }
  return body
}

const titleOf = (head: Element | undefined): string => {
  const title = head?.childNodes.find((node): node is Element => node.nodeName === 'title')
  const [text] = title?.childNodes ?? []
  return text && 'value' in text ? text.value.replace(/\s+/g, ' ').trim() : ''
}
