/** Advance widths of Calibri from space to `~`, in hundredths of an em (from Carlito, which has the same metrics). */
const ascii = [
  23, 33, 40, 50, 51, 71, 68, 22, 30, 30, 50, 50, 25, 31, 25, 39, 51, 51, 51, 51, 51, 51, 51, 51, 51, 51, 27,
  27, 50, 50, 50, 46, 89, 58, 54, 53, 62, 49, 46, 63, 62, 25, 32, 52, 42, 85, 65, 66, 52, 67, 54, 46, 49, 64,
  57, 89, 52, 49, 47, 31, 39, 31, 50, 50, 29, 48, 53, 42, 53, 50, 31, 47, 53, 23, 24, 45, 23, 80, 53, 53, 53,
  53, 35, 39, 33, 53, 45, 71, 43, 45, 40, 31, 46, 31, 50,
]

const square =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\u3000-\u303f\uff00-\uff60]/u

/** Elsewhere 0.58 em: a little more than the mean of Latin, Greek and Cyrillic letters. */
const advance = (character: string): number =>
  (ascii[character.charCodeAt(0) - 32] ?? (square.test(character) ? 102 : 58)) / 100

/** Long texts are measured at several sizes: a character is classed once. */
const known = new Map<string, number>()

const remembered = (character: string): number => {
  const width = known.get(character) ?? advance(character)
  known.set(character, width)
  return width
}

/** In ems: multiply by the size in points. */
export const emsOf = (text: string): number => {
  let ems = 0
  for (const character of text) ems += remembered(character)
  return ems
}

/** Lines that the text takes at a width in ems. Breaks at spaces and between wide characters, and inside long words. */
export const linesOf = (text: string, width: number): number => {
  let lines = 0
  for (const line of text.split('\n')) {
    lines += 1
    let used = 0
    for (const word of line.split(/(?<=\s)|(?<=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])/u)) {
      const need = emsOf(word)
      if (used + need <= width) used += need
      else if (need <= width) {
        lines += 1
        used = need
      } else {
        lines += Math.ceil((used + need) / width) - 1
        used = (used + need) % width
      }
    }
  }
  return lines
}
