import type { DefaultTreeAdapterTypes } from 'parse5'
import type { XmlElement } from '../parse-xml.ts'

type Node = DefaultTreeAdapterTypes.ChildNode
type Element = DefaultTreeAdapterTypes.Element

/** Recursive readers follow; 1,000 levels are far beyond any page and well within the stack. */
const MAX_DEPTH = 1_000

/** What no reader of a page reads: code, frames and media, the ways to other pages, and what is there to be filled in. */
const UNREAD = new Set(
  'audio base button canvas datalist embed frame frameset head iframe input link map meta nav noframes noscript object optgroup option param picture script select source style template textarea track video'.split(
    ' ',
  ),
)

/** A page's elements that a reader sees, with its white space as a browser shows it. */
export const visibleOf = (body: Element): XmlElement => {
  // White space at the begin of a block, and a second one in a row, is not shown.
  let afterSpace = true

  const convert = (node: Node, depth: number, keepsSpace: boolean): (XmlElement | string)[] => {
    if (depth > MAX_DEPTH) throw new Error('the page is nested too deeply')
    if (node.nodeName === '#text') return words((node as DefaultTreeAdapterTypes.TextNode).value, keepsSpace)
    if (!('tagName' in node)) return []
    const attributes = Object.fromEntries(node.attrs.map(({ name, value }) => [name, value]))
    const spoken = spokenInstead(node.tagName, attributes)
    if (spoken !== undefined) return words(spoken, false)
    if (UNREAD.has(node.tagName) || isHidden(attributes)) return []
    const isBlock = BLOCKS.has(node.tagName)
    if (isBlock) afterSpace = true
    const children = node.childNodes.flatMap((child) =>
      convert(child, depth + 1, keepsSpace || node.tagName === 'pre'),
    )
    if (isBlock) afterSpace = true
    return [{ name: nameOf(node, attributes), attributes, children }]
  }

  const words = (text: string, keepsSpace: boolean): string[] => {
    if (keepsSpace) return [text]
    const short = text.replace(/[\t\n\f\r ]+/g, ' ')
    const shown = afterSpace ? short.trimStart() : short
    if (shown) afterSpace = shown.endsWith(' ')
    return shown ? [shown] : []
  }

  return {
    name: 'body',
    attributes: {},
    children: body.childNodes.flatMap((child) => convert(child, 1, false)),
  }
}

const BLOCKS = new Set(
  'address article aside blockquote br caption dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre section summary table tbody td tfoot th thead tr ul'.split(
    ' ',
  ),
)

/** What is read out for a picture; undefined for what is no picture. */
const spokenInstead = (tag: string, attributes: Record<string, string>): string | undefined => {
  if (isHidden(attributes)) return tag === 'img' || tag === 'svg' ? '' : undefined
  if (tag === 'img') return attributes.alt ?? ''
  if (tag === 'svg' || attributes.role === 'img') return attributes['aria-label'] ?? ''
  return undefined
}

const isHidden = (attributes: Record<string, string>): boolean =>
  attributes.hidden !== undefined ||
  attributes['aria-hidden'] === 'true' ||
  ['navigation', 'search', 'menu', 'menubar', 'toolbar'].includes(attributes.role ?? '') ||
  /(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:opacity|font-size)\s*:\s*0(?:\.0*)?(?:px|em|rem|pt|%)?\s*(?:!|;|$))/i.test(
    attributes.style ?? '',
  )

/** Tables that only place things are no tables: they hold others, or say so. */
const nameOf = (node: Element, attributes: Record<string, string>): string => {
  if (attributes.role === 'main') return 'main'
  if (['table', 'tbody', 'tr', 'td', 'th'].includes(node.tagName) && isLayout(tableAround(node))) return 'div'
  return node.tagName
}

const tableAround = (node: Element): Element | undefined => {
  for (let at: Element | undefined = node; at; at = elementAbove(at)) if (at.tagName === 'table') return at
  return undefined
}

const elementAbove = ({ parentNode }: Element): Element | undefined =>
  parentNode && 'tagName' in parentNode ? parentNode : undefined

const layouts = new WeakMap<Element, boolean>()

const isLayout = (table: Element | undefined): boolean => {
  if (!table) return false
  let is = layouts.get(table)
  if (is === undefined) {
    const role = table.attrs.find(({ name }) => name === 'role')?.value
    is = role === 'presentation' || role === 'none' || holdsTable(table)
    layouts.set(table, is)
  }
  return is
}

const holdsTable = (node: Element): boolean =>
  node.childNodes.some((child) => 'tagName' in child && (child.tagName === 'table' || holdsTable(child)))
