import type { Block } from '../markdown.ts'

/** The blocks of all pages as one document: what repeats at the edge of pages is said once, and paragraphs broken by a page are whole again. */
export const joinPages = <B extends Block>(pages: readonly B[][]): B[] => {
  const blocks: B[] = []
  for (const page of withoutRunningHeads(pages)) {
    const [first, ...rest] = page
    const before = blocks.at(-1)
    if (!first) continue
    if (before && isRunning(before) && isRunning(first) && continues(before, first)) {
      blocks[blocks.length - 1] = { ...before, text: `${before.text} ${first.text}` }
      blocks.push(...rest)
    } else blocks.push(...page)
  }
  return blocks
}

type Running = Extract<Block, { kind: 'paragraph' | 'item' }>

const isRunning = (block: Block): block is Running => block.kind === 'paragraph' || block.kind === 'item'

/** One line at the foot of a page is a footnote more often than the beginning of a paragraph. */
const TWO_LINES = 90

/** A sentence goes on when it did not end and the next page begins in the middle of one; scripts without capitals are left alone. */
const continues = (before: Running, next: Running) =>
  next.kind === 'paragraph' &&
  before.text.length > TWO_LINES &&
  /[\p{Ll},;–-]$/u.test(before.text) &&
  /^\p{Ll}/u.test(next.text)

/**
 * On three pages or more, first or last lines that are the same on most pages are furniture: said once, and page numbers not at all. A line
 * that differs in anything but a page's own number stays, for "Invoice 17" on the next page is another invoice.
 */
const withoutRunningHeads = <B extends Block>(pages: readonly B[][]): B[][] => {
  if (pages.length < 3) return [...pages]
  const seen = new Map<string, number>()
  for (const [index, page] of pages.entries())
    for (const key of new Set(edges(page).map((block) => keyOf(block, index))))
      seen.set(key, (seen.get(key) ?? 0) + 1)
  const said = new Set<string>()
  return pages.map((page, index) => {
    const atEdge = new Set(edges(page))
    return page.filter((block) => {
      const key = keyOf(block, index)
      if (!key || !atEdge.has(block) || (seen.get(key) ?? 0) <= pages.length / 2) return true
      if (key.startsWith('#') || said.has(key)) return false
      said.add(key)
      return true
    })
  })
}

const edges = (page: readonly Block[]): Block[] => [...page.slice(0, 2), ...page.slice(-2)]

const PAGE_NUMBER =
  /^[-–— ]*(?:page|seite|side|sida|sivu|página|pagina|strona|стр\.?|p\.|s\.)?\s*(\d{1,4})(?:\s*(?:\/|of|von|av|de|di|sur|из|z)\s*\d{1,4})?[-–— ]*$/iu

/** A page number counts with the pages, so what it differs from the page's place by is the same on all of them. */
const keyOf = (block: Block, index: number): string => {
  if (block.kind === 'table' || block.text.length > 120) return ''
  const number = PAGE_NUMBER.exec(block.text.trim())?.[1]
  return number === undefined ? block.text.trim() : `#${Number(number) - index}`
}
