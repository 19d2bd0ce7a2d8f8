/** From a value to a place: `low` and `high` are the ends of the axis. */
export interface Scale {
  low: number
  high: number
  /** Round values between and at the ends, for an axis. */
  ticks: number[]
}

/**
 * @param fromZero bars are read by their length and must begin at zero; points need not
 * @param hasAxis without one the marks may take all the room
 */
export const scaleOf = (
  values: number[],
  { fromZero, hasAxis }: { fromZero: boolean; hasAxis: boolean },
): Scale => {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  // Values that hardly differ would make a flat line far above an empty plot.
  const closeTogether = least > 0 && most - least < most * 0.4
  const low = fromZero || !closeTogether ? Math.min(0, least) : least
  const high = fromZero || !closeTogether ? Math.max(0, most) : most
  if (!hasAxis && high > low)
    return { low: fromZero || !closeTogether ? low : low - (high - low) / 2, high, ticks: [] }
  const step = roundStep((high - low || Math.abs(high) || 1) / 4)
  const [first, last] = [Math.floor(low / step), Math.ceil(high / step)]
  const ticks = Array.from({ length: Math.max(last - first, 1) + 1 }, (_, index) => (first + index) * step)
  return { low: ticks[0] ?? 0, high: ticks.at(-1) ?? 1, ticks }
}

/** The next of 1, 2, 2.5, 5 and their tenfolds: steps that people count in. */
const roundStep = (raw: number): number => {
  const power = 10 ** Math.floor(Math.log10(raw))
  return ([1, 2, 2.5, 5].find((one) => one * power >= raw * 0.999) ?? 10) * power
}

/** The share of the way from the low end to the high one. */
export const shareOf = ({ low, high }: Scale, value: number): number => (value - low) / (high - low)

/** A number in the chart's notation, of which only the decimals vary: `#,##0.00`. */
export const showNumber = (value: number, notation: string): string => {
  const decimals = notation.split('.')[1]?.length ?? 0
  return new Intl.NumberFormat('en-GB', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  })
    .format(value)
    .replace(/^-/, '−')
}

/** Ticks may need finer decimals than the values, such as 2.5 between whole numbers. */
export const showTick = (value: number, notation: string): string =>
  Number.isInteger(value) && !notation.includes('.')
    ? showNumber(value, notation)
    : showNumber(value, `0.${'0'.repeat(decimalsOf(value, notation))}`)

const decimalsOf = (value: number, notation: string): number => {
  const own = String(Math.round(Math.abs(value) * 1e6) / 1e6).split('.')[1]?.length ?? 0
  return Math.max(own, notation.split('.')[1]?.length ?? 0)
}
