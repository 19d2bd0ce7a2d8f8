/** The slide, 16:9, in inches. Everything that is placed on a slide is placed from here. */
export const slide = { w: 13.333, h: 7.5 }

export interface Box {
  x: number
  y: number
  w: number
  h: number
}

const left = 0.75
const right = slide.w - 0.75

export const title: Box = { x: left, y: 0.45, w: right - left, h: 0.95 }

/** Below the title, above the footer. */
export const body: Box = { x: left, y: 1.65, w: right - left, h: 4.95 }

/** Lines across the whole slide are too long to read. */
export const bodyText: Box = { ...body, w: 11.2 }

/** Words to the left, chart to the right. */
export const bodyBesideChart: Box = { ...body, w: 5.35 }
export const chartBesideBody: Box = { ...body, x: left + 5.7, w: right - left - 5.7 }

export const footer = { y: 6.93, h: 0.3, left, right }

/** A text box has no inner margin here, so that text and tables share one left edge. */
export const pointsPerInch = 72
