import { splitSentences } from '../material/split-sentences.ts'
import type { Part } from '../writing/parts.ts'

const closing = /\n\n((?:Kind|Best|Warm) regards,[\s\S]*)$/

/** A finished text in its parts again, so that it can be shortened without breaking a table or losing its sign-off. */
export const readParts = (text: string): { title: string | undefined; parts: Part[]; close: string } => {
  const close = closing.exec(text)?.[1] ?? ''
  const parts: Part[] = []
  let title: string | undefined
  for (const chunk of text.replace(closing, '').split(/\n{2,}/)) {
    const lines = chunk.split('\n').filter((line) => line.trim() !== '')
    const heading = /^(#{1,6}) (.+)$/.exec(lines[0] ?? '')
    if (heading) {
      if (heading[1] === '#' && title === undefined && parts.length === 0) title = heading[2]
      else parts.push({ heading: heading[2]!, blocks: [] })
      lines.shift()
    }
    if (lines.length === 0) continue
    if (parts.length === 0 || (parts.at(-1)!.heading === undefined && !heading)) parts.push({ blocks: [] })
    const { blocks } = parts.at(-1)!
    const cells = (line: string) =>
      line
        .trim()
        .replace(/^\||\|$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|'))
    if (lines.every((line) => /^\s*\|/.test(line)))
      blocks.push({ kind: 'table', head: cells(lines[0]!), rows: lines.slice(2).map(cells) })
    else if (lines.every((line) => /^\s*(?:[-*•]|\d+[.)])\s/.test(line)))
      blocks.push({ kind: 'list', items: lines.map((line) => line.replace(/^\s*(?:[-*•]|\d+[.)])\s+/, '')) })
    else blocks.push({ kind: 'paragraph', sentences: splitSentences(lines.join(' ')) })
  }
  return { title, parts, close }
}
