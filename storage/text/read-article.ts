import { type DefaultTreeAdapterTypes, parse, serialize } from 'parse5'
import { decodePage, pageToMarkdown } from './read-html.ts'
import { damaged } from './unreadable.ts'

/**
 * Real pages stay far below both. What is nested deeper takes the readability algorithm minutes, since its time grows
 * with the square of the depth.
 */
const mostDepth = 100
const mostElements = 30_000

/** The article of a web page as Markdown, without menus, advertisements and comments; a page that is no article, whole. */
export const readArticle = async (bytes: Buffer, name: string): Promise<string> => {
  const source = decodePage(bytes)
  if (source === undefined) throw damaged(name)
  const lean = withoutMachinery(source)
  const article = lean === undefined ? undefined : await articleIn(lean)
  return pageToMarkdown(article ?? source, name)
}

/** Scripts do not run and nothing is fetched: that is how jsdom is unless it is told otherwise, and they are gone already. */
const articleIn = async (source: string): Promise<string | undefined> => {
  // They take longer to load than most pages to read, and a PDF needs neither.
  const { JSDOM, VirtualConsole } = await import('jsdom')
  const { isProbablyReaderable, Readability } = await import('@mozilla/readability')
  const { window } = new JSDOM(source, { virtualConsole: new VirtualConsole() })
  try {
    if (!isProbablyReaderable(window.document)) return undefined
    const article = new Readability(window.document).parse()
    if (!article?.content) return undefined
    const title = window.document.createElement('title')
    title.textContent = article.title ?? ''
    return `<html><head>${title.outerHTML}</head><body>${article.content}</body></html>`
  } finally {
    window.close()
  }
}

type Parent = DefaultTreeAdapterTypes.ParentNode

/** What a page has for machines: none of it is read, and each is work for whoever takes it seriously. */
const MACHINERY = new Set('script style link iframe object embed svg math template noscript base'.split(' '))

/** The page without its machinery; undefined for one that is nested too deeply or too large to look for its article. */
const withoutMachinery = (source: string): string | undefined => {
  const page = parse(source)
  let level: Parent[] = [page]
  let elements = 0
  for (let depth = 0; level.length > 0; depth++) {
    elements += level.length
    if (depth > mostDepth || elements > mostElements) return undefined
    for (const node of level)
      node.childNodes = node.childNodes.filter((child) => !MACHINERY.has(child.nodeName))
    level = level.flatMap((node) =>
      node.childNodes.filter((child): child is DefaultTreeAdapterTypes.Element => 'childNodes' in child),
    )
  }
  return serialize(page)
}
