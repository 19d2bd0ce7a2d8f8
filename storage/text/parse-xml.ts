/**
 * A small XML reader for the parts of office files: well-formed, without document types. A DOCTYPE is refused, so entities cannot be
 * declared and nothing can unfold or be fetched. Names keep their prefix (`a:t`): office programs write the usual ones.
 */
export type XmlElement = {
  name: string
  attributes: Record<string, string>
  children: (XmlElement | string)[]
}

const TOKEN =
  /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE|<(\/?)([^\s/>]+)((?:[^>"']|"[^"]*"|'[^']*')*?)(\/?)>|([^<]+)/gy
const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

export const parseXml = (source: string): XmlElement => {
  const root: XmlElement = { name: '', attributes: {}, children: [] }
  const open = [root]
  const text = source.replace(/^\ufeff/, '')
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const token = TOKEN.exec(text)
    if (!token) throw new Error('XML is not well-formed')
    const [whole, cdata, closing, name, attributes, selfClosing, characters] = token
    const parent = open.at(-1)!
    if (whole === '<!DOCTYPE') throw new Error('XML with a document type is refused')
    else if (cdata !== undefined) parent.children.push(cdata)
    else if (characters !== undefined) parent.children.push(decode(characters))
    else if (closing) {
      if (open.length < 2 || parent.name !== name) throw new Error('XML is not well-formed')
      open.pop()
    } else if (name) {
      const element: XmlElement = { name, attributes: {}, children: [] }
      for (const [, key, double, single] of (attributes ?? '').matchAll(ATTRIBUTE))
        element.attributes[key!] = decode(double ?? single ?? '')
      parent.children.push(element)
      if (!selfClosing) open.push(element)
      // Recursive readers follow; 1,000 levels are far beyond any office program and well within the stack.
      if (open.length > 1_000) throw new Error('XML is nested too deeply')
    }
  }
  const top = root.children.find((child) => typeof child !== 'string')
  if (open.length !== 1 || !top) throw new Error('XML ends too early')
  return top
}

export const elements = (parent: XmlElement | undefined): XmlElement[] =>
  (parent?.children ?? []).filter((child) => typeof child !== 'string')

export const child = (parent: XmlElement | undefined, ...path: string[]): XmlElement | undefined =>
  path.reduce<XmlElement | undefined>(
    (at, name) => elements(at).find((element) => element.name === name),
    parent,
  )

/** All elements of that name below, in document order. */
export const descendants = (parent: XmlElement | undefined, name: string): XmlElement[] =>
  elements(parent).flatMap((element) => [
    ...(element.name === name ? [element] : []),
    ...descendants(element, name),
  ])

export const textOf = (element: XmlElement | undefined): string =>
  (element?.children ?? []).map((part) => (typeof part === 'string' ? part : textOf(part))).join('')

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const decode = (text: string) =>
  text.includes('&')
    ? text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) =>
        name ? (NAMED[name] ?? whole) : codePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
      )
    : text

const codePoint = (value: number) => (value <= 0x10ffff ? String.fromCodePoint(value) : '')
