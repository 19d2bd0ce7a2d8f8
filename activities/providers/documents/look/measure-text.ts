/**
 * How wide text will be, without the font: Calibri's advance widths by class, in ems, rounded up a little, so that
 * a fallback font that runs wider still fits.
 */
const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\uff00-\uff60]/u

const advance = (character: string): number => {
  if (/[ilj.,:;'|!ıft()[\]]/.test(character)) return 0.31
  if (character === ' ') return 0.24
  if (/[mwMW@%]/.test(character)) return 0.86
  if (/[A-Z&]/.test(character)) return 0.61
  if (/[a-z0-9]/.test(character)) return 0.52
  return wide.test(character) ? 1.02 : 0.58
}

/** In ems: multiply by the size in points. */
export const emsOf = (text: string): number => {
  let ems = 0
  for (const character of text) ems += advance(character)
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
