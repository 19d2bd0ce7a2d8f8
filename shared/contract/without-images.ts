/** What may be no more than the beginning of an image, and one that is written plainly. */
const unsure = /^!(\[([^[\]`\\<\n]{0,300}\]?)?)?$/
const written = /^!\[([^[\]`\\<\n]{0,300})\]\(/

/** A text that is handed on in pieces. */
export interface ImageFilter {
  /** What can be shown of the text so far. */
  write(piece: string): string
  end(): string
}

/**
 * Markdown in which nothing is an image: whoever shows an image fetches it, and its address may carry away what the text
 * knows. An image becomes a link, which nobody opens unasked; where `![` stands in other ways (by reference, with marks
 * inside, in code) a space parts the two, which means the same in code and no image anywhere.
 */
export function imageFilter(): ImageFilter {
  let waiting = ''
  let last = ''
  const read = (isEnd: boolean): string => {
    let shown = ''
    const show = (text: string) => {
      shown += text
      last = text.at(-1) ?? last
    }
    for (;;) {
      const at = waiting.search(isEnd ? /!\[/ : /!(\[|$)/)
      if (at < 0) {
        show(waiting)
        waiting = ''
        return shown
      }
      show(waiting.slice(0, at))
      waiting = waiting.slice(at)
      const image = written.exec(waiting)
      if (!image && !isEnd && unsure.test(waiting)) return shown
      const [taken = '![', label = ''] = image ?? []
      if (image) show(`${last === '!' ? ' ' : ''}[${label.trim() ? label : 'image'}](`)
      else show('! [')
      waiting = waiting.slice(taken.length)
    }
  }
  return {
    write: (piece) => {
      waiting += piece
      return read(false)
    },
    end: () => read(true),
  }
}

export function withoutImages(text: string): string {
  const filter = imageFilter()
  return filter.write(text) + filter.end()
}
