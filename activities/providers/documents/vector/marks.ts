import type { Hex } from '../look/colour.ts'

/** What a chart is drawn of, from the upper left corner, in the unit of the drawing (points in a PDF, pixels on a page). */
export type Mark =
  | { kind: 'box'; x: number; y: number; width: number; height: number; fill: Hex }
  | { kind: 'stroke'; points: [number, number][]; colour: Hex; width: number }
  | { kind: 'dot'; x: number; y: number; radius: number; fill: Hex }
  /** A part of a circle; the angles run clockwise from noon, in radians. */
  | { kind: 'slice'; x: number; y: number; radius: number; from: number; to: number; fill: Hex }
  | {
      kind: 'words'
      text: string
      x: number
      y: number
      anchor: Anchor
      size: number
      fill: Hex
      bold?: true
    }

/** Where `x` is on the text; `y` is its baseline. */
export type Anchor = 'start' | 'middle' | 'end'

export interface Drawing {
  width: number
  height: number
  marks: Mark[]
}

/** The room and the looks that the parts of a chart share. */
export interface Frame {
  width: number
  /** What columns and lines may fill, where it is given; the others take the height they need. */
  height?: number | undefined
  /** Of the letters. */
  size: number
  /** How much wider than the measure's font the letters run: a browser brings its own. */
  stretch: number
  body: Hex
  quiet: Hex
  rule: Hex
}

/** The outline of a slice as SVG path data; a whole circle is two halves, since an arc cannot end where it began. */
export const slicePath = ({ x, y, radius, from, to }: Extract<Mark, { kind: 'slice' }>): string => {
  const at = (angle: number) =>
    `${round(x + radius * Math.sin(angle))} ${round(y - radius * Math.cos(angle))}`
  const arc = (end: number, large: boolean) => `A ${radius} ${radius} 0 ${large ? 1 : 0} 1 ${at(end)}`
  if (to - from > Math.PI * 1.999) {
    const half = from + Math.PI
    return `M ${at(from)} ${arc(half, true)} ${arc(from, true)} Z`
  }
  return `M ${round(x)} ${round(y)} L ${at(from)} ${arc(to, to - from > Math.PI)} Z`
}

export const round = (value: number): number => Math.round(value * 100) / 100
