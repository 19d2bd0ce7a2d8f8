import { firstValue } from './find-values.ts'

interface LostTable {
  head: string[]
  rows: string[][]
  /** The line after the table. */
  next: number
}

/**
 * Rows of a table whose columns run together, each split at its first figure, date or name: "Budget, first year 1,150,000 NOK approved by
 * the board" is a label, a value and a remark. `whole` is the document: a line that starts with a person of it and has no figure is a remark.
 */
export const rowsOfLines = (
  lines: readonly string[],
  whole: string,
): { head: string[]; rows: string[][] } => {
  const people = new Set(
    [...whole.matchAll(/(\p{Lu}\p{Ll}+) \p{Lu}\p{Ll}+ \(\p{Lu}/gu)].map((found) => found[1]),
  )
  const merged: string[] = []
  for (const line of lines) {
    const last = merged.length - 1
    const speaks = people.has(/^\p{L}+/u.exec(line)?.[0] ?? '') && !/\d/.test(line)
    const goesOn = /^(?:\p{Ll}|\d{4}$|[(%])/u.test(line)
    if (last >= 0 && (goesOn || speaks)) merged[last] += speaks && !goesOn ? `; ${line}` : ` ${line}`
    else merged.push(line)
  }
  // A first line without any figure is the row of column names.
  const named = merged[0] && !/\d/.test(merged[0]) && merged.length > 2
  return { head: ['Point', 'Figure', 'Remark'], rows: merged.slice(named ? 1 : 0).map(splitRow) }
}

const splitRow = (text: string): string[] => {
  const name = /^(\p{Lu}\p{Ll}+) (\p{Lu}\p{L}+)\s*(.*)$/u.exec(text)
  const value = firstValue(text)
  const label = value ? text.slice(0, value.at).trim().replace(/:$/, '') : ''
  if (name && (!value || label.split(' ').length > 3)) return [name[1]!, name[2]!, name[3]!]
  if (!value || label === '') return ['', text, '']
  return [label, value.text, text.slice(value.at + value.text.length).replace(/^[\s;,]+/, '')]
}

/**
 * Cells that stand one below the other, as plain text from a DOCX has them: short paragraphs in a rhythm of 2 to 5, where some column has a
 * figure in every row but the first.
 */
export const readVerticalTable = (lines: readonly string[], at: number): LostTable | undefined => {
  if (lines[at - 1]?.trim() !== '' && at > 0) return undefined
  const cells: { text: string; line: number }[] = []
  for (let line = at; line < lines.length; line++) {
    const text = lines[line]!.trim()
    if (text === '') continue
    const alone = (lines[line - 1] ?? '').trim() === '' && (lines[line + 1] ?? '').trim() === ''
    if (!alone || text.length > 120 || /[.!?:]$/.test(text) || /^(?:[#|>]|[-*•]\s)/.test(text)) break
    cells.push({ text, line })
  }
  for (const width of [3, 4, 2, 5]) {
    const height = longestRhythm(
      cells.map((cell) => cell.text),
      width,
    )
    if (height < 3) continue
    const rows = Array.from({ length: height }, (_, row) =>
      cells.slice(row * width, (row + 1) * width).map((cell) => cell.text),
    )
    return { head: rows[0]!, rows: rows.slice(1), next: cells[height * width - 1]!.line + 1 }
  }
  return undefined
}

const longestRhythm = (cells: readonly string[], width: number): number => {
  const has = (row: number, column: number) => /\d/.test(cells[row * width + column] ?? '')
  const heights = Array.from({ length: width }, (_, column) => {
    if (has(0, column)) return 0
    let height = 1
    while ((height + 1) * width <= cells.length && has(height, column)) height++
    return height
  })
  const headIsWords = cells.slice(0, width).every((cell) => !/\d/.test(cell))
  return headIsWords ? Math.max(...heights) : 0
}
