import type { Brand } from '../../../../shared/contract/brand.ts'

/** Six hex digits without `#`, upper case: how office formats write a colour. */
export type Hex = string

const hex = (colour: string): Hex => colour.replace('#', '').toUpperCase()

const channels = (colour: Hex): [number, number, number] => [
  Number.parseInt(colour.slice(0, 2), 16),
  Number.parseInt(colour.slice(2, 4), 16),
  Number.parseInt(colour.slice(4, 6), 16),
]

/** `share` of `other` in `colour`: 0 is `colour`, 1 is `other`. */
const mix = (colour: Hex, other: Hex, share: number): Hex => {
  const [from, to] = [channels(colour), channels(other)]
  return from
    .map((one, index) => Math.round(one + ((to[index] ?? 0) - one) * share))
    .map((one) => one.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase()
}

/** Relative luminance, WCAG 2.2. */
const luminance = (colour: Hex): number => {
  const [red, green, blue] = channels(colour).map((one) => {
    const share = one / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Contrast ratio, WCAG 2.2: 1 to 21. */
export const contrast = (a: Hex, b: Hex): number => {
  const [one, two] = [luminance(a), luminance(b)]
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05)
}

/** White or near-black, whichever reads better on the colour. */
const textOn = (colour: Hex): Hex =>
  contrast(colour, 'FFFFFF') >= contrast(colour, '1A1A1A') ? 'FFFFFF' : '1A1A1A'

/** The colour, darkened until it stands out on white as asked. */
const darkened = (colour: Hex, ratio: number): Hex => {
  for (let share = 0; share < 1; share += 0.05) {
    const darker = mix(colour, '000000', share)
    if (contrast(darker, 'FFFFFF') >= ratio) return darker
  }
  return '000000'
}

/** A colour of the same family that can be told from it: lighter, or darker if it is light itself. */
const relative = (colour: Hex): Hex =>
  contrast(colour, 'FFFFFF') >= 2.5 ? mix(colour, 'FFFFFF', 0.5) : mix(colour, '000000', 0.3)

/** Every colour that a document uses, from the two of the brand. */
export interface Palette {
  primary: Hex
  accent: Hex
  /** Text on a primary area. */
  onPrimary: Hex
  /** Headings and links on white: the brand's colours, dark enough to read (4.5:1, AA). */
  primaryText: Hex
  accentText: Hex
  body: Hex
  quiet: Hex
  rule: Hex
  /** A breath of primary, for stripes and code. */
  wash: Hex
  /** Series and slices in order; repeated when there are more. */
  series: Hex[]
}

export const paletteOf = ({ colours }: Brand): Palette => {
  const primary = hex(colours.primary)
  const accent = hex(colours.accent)
  // 1.15:1 is the least at which a bar still shows on white; only near-white brands are touched.
  const [first, second] = [darkened(primary, 1.15), darkened(accent, 1.15)]
  return {
    primary,
    accent,
    onPrimary: textOn(primary),
    primaryText: darkened(primary, 4.5),
    accentText: darkened(accent, 4.5),
    body: '262626',
    quiet: '666666',
    rule: 'D9D9D9',
    wash: mix(primary, 'FFFFFF', 0.94),
    series: [
      first,
      second,
      relative(first),
      mix(second, '000000', 0.45),
      '8C8C8C',
      relative(second),
      mix(first, second, 0.5),
      mix(relative(first), '8C8C8C', 0.5),
    ],
  }
}
