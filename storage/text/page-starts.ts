/** Where a page of a document begins in its text. */
export interface PageStart {
  page: number
  at: number
}

/** Text that knows its pages, where the document has any. */
export interface PagedText {
  text: string
  pages?: PageStart[]
}

/** Changes a text page by page, so that where pages begin is known behind the change, too. */
export function changeText({ text, pages = [] }: PagedText, change: (piece: string) => string): PagedText {
  if (pages.length === 0) return { text: change(text) }
  let changed = change(text.slice(0, pages[0]?.at))
  const moved = pages.map(({ page, at }, index) => {
    const start = { page, at: changed.length }
    changed += change(text.slice(at, pages[index + 1]?.at))
    return start
  })
  return { text: changed, pages: moved }
}
