export type Literal = { value: number; fraction: boolean }

const SEPARATOR = /[.,'_ ]/
/** Fractions people say; 8/10 is rather a mark and 24/7 not a number at all. */
const FRACTION = /^(\d)\/([2-6]|8)$/

/**
 * The number that digits with separators stand for, or nothing when they stand for none (a date, a time, 1.2.3).
 * One separator: a comma before exactly three digits groups thousands (1,234 is 1234), another is decimal (1,5). A
 * point is decimal (1.234), but groups before 000 (12.000) and, where a whole number is asked, before any three digits.
 * Two kinds: the last one is decimal (1.250,50). A space, an apostrophe and an underscore only group.
 */
export function literalOf(text: string, whole: boolean): Literal | undefined {
  const [mantissa = '', exponent] = text.split('e')
  const parts = FRACTION.exec(mantissa)
  if (parts) {
    const share = Number(parts[1]) / Number(parts[2])
    return share < 1 ? { value: share, fraction: true } : undefined
  }
  const plain = mantissa.startsWith('.') ? `0${mantissa}` : decimal(mantissa, whole)
  if (plain === undefined) return undefined
  const value = Number(exponent === undefined ? plain : `${plain}e${exponent}`)
  return { value, fraction: false }
}

function decimal(text: string, whole: boolean): string | undefined {
  if (/[:/]/.test(text)) return undefined
  const groups = text.split(SEPARATOR)
  const separators = Array.from(text).filter((character) => SEPARATOR.test(character))
  const last = separators.at(-1)
  if (last === undefined) return text
  const same = separators.every((separator) => separator === last)
  if (!same) {
    const decimals = groups.at(-1)
    const before = separators.slice(0, -1)
    const pure = before.every((separator) => separator === before[0]) && (last === '.' || last === ',')
    return pure && before[0] && isGrouped(groups.slice(0, -1), before[0])
      ? `${groups.slice(0, -1).join('')}.${decimals}`
      : undefined
  }
  const grouped = isGrouped(groups, last)
  if (separators.length > 1) return grouped ? groups.join('') : undefined
  if (last === '.') return grouped && (whole || groups[1] === '000') ? groups.join('') : groups.join('.')
  if (last === ',') return grouped ? groups.join('') : groups.join('.')
  return grouped ? groups.join('') : undefined
}

/** Groups of three, or India's 12,34,567. */
function isGrouped(groups: string[], separator: string): boolean {
  const [first = '', ...rest] = groups
  if (rest.length === 0) return true
  if (first.startsWith('0') || first.length > 3 || rest.at(-1)?.length !== 3) return false
  const middle = rest.slice(0, -1)
  return (
    middle.every(({ length }) => length === 3) ||
    (separator === ',' && first.length < 3 && middle.every(({ length }) => length === 2))
  )
}
