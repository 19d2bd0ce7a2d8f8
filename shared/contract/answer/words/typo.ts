/** One slip in a name of five letters, two in nine: shorter words differ by one letter too often ("art", "ant"). */
const slips = (written: string, name: string) =>
  name.length < 5 ? 0 : Math.min(written.length, name.length) < 9 ? 1 : 2
/** Longer names are not retyped, and the comparison grows with the length. */
const LONGEST = 100

const digits = (text: string) => text.replace(/\D/g, '')

/**
 * Whether what was written is a name with a small slip (Damerau-Levenshtein, neighbours swapped count once). The
 * first letter and all digits must be right: "unavailable" is not "available", 2025 is not 2026.
 */
export function isTypoOf(written: string, name: string): boolean {
  const allowed = slips(written, name)
  if (allowed === 0 || Math.max(written.length, name.length) > LONGEST) return false
  if (written[0] !== name[0] || Math.abs(written.length - name.length) > allowed) return false
  return digits(written) === digits(name) && distance(written, name) <= allowed
}

function distance(one: string, two: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: two.length + 1 }, (_, index) => index)
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= two.length; column += 1) {
      const differs = one[row - 1] === two[column - 1] ? 0 : 1
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + differs,
      )
      const swapped =
        row > 1 && column > 1 && one[row - 1] === two[column - 2] && one[row - 2] === two[column - 1]
      if (swapped) least = Math.min(least, (beforeLast[column - 2] ?? 0) + 1)
      current.push(least)
    }
    beforeLast = last
    last = current
  }
  return last[two.length] ?? 0
}
