import { emsOf } from '../look/measure-text.ts'
import type { Frame, Mark } from './marks.ts'

/** How letters are measured. */
type Letters = Pick<Frame, 'size' | 'stretch'>

export const widthOf = (text: string, { size, stretch }: Letters): number => emsOf(text) * size * stretch

/** A label on lines of that width, at most `most` of them; what does not fit ends in `…`. */
export const wrapLabel = (text: string, width: number, letters: Letters, most: number): string[] => {
  const lines: string[] = []
  let rest = text.trim().replace(/\s+/g, ' ').split(' ')
  while (rest.length > 0) {
    let taken = 1
    while (taken < rest.length && widthOf(rest.slice(0, taken + 1).join(' '), letters) <= width) taken++
    if (lines.length === most - 1) return [...lines, shorten(rest.join(' '), width, letters)]
    lines.push(shorten(rest.slice(0, taken).join(' '), width, letters))
    rest = rest.slice(taken)
  }
  return lines
}

const shorten = (text: string, width: number, letters: Letters): string => {
  if (widthOf(text, letters) <= width) return text
  const kept = [...text]
  while (kept.length > 1 && widthOf(`${kept.join('')}…`, letters) > width) kept.pop()
  return `${kept.join('').trimEnd()}…`
}

/** Whether the label stands on so many lines as it is. */
export const fits = (text: string, width: number, letters: Letters, lines: number): boolean =>
  wrapLabel(text, width, letters, lines).join(' ') === text.trim().replace(/\s+/g, ' ')

/** Swatch and name of each series, in rows above the plot. Gives their height too. */
export const legendOf = (
  names: string[],
  colours: string[],
  frame: Frame,
): { marks: Mark[]; height: number } => {
  const { width, size, body } = frame
  const marks: Mark[] = []
  const swatch = size * 0.75
  let x = 0
  let row = 0
  names.forEach((name, index) => {
    const [text = ''] = wrapLabel(name, width - swatch * 1.7, frame, 1)
    const need = swatch * 1.7 + widthOf(text, frame)
    if (x > 0 && x + need > width) {
      x = 0
      row++
    }
    const y = row * size * 1.6
    marks.push(
      {
        kind: 'box',
        x,
        y: y + (size - swatch) / 2,
        width: swatch,
        height: swatch,
        fill: colours[index] ?? body,
      },
      { kind: 'words', text, x: x + swatch * 1.6, y: y + size * 0.86, anchor: 'start', size, fill: body },
    )
    x += need + size * 1.6
  })
  return { marks, height: (row + 1) * size * 1.6 + size * 0.6 }
}
