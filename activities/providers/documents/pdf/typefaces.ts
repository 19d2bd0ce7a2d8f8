import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type Pdf from 'pdfkit'

export type FaceName = 'regular' | 'bold' | 'italic' | 'boldItalic' | 'code'

const require = createRequire(import.meta.url)
const files: Record<FaceName, string> = {
  regular: require.resolve('@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf'),
  bold: require.resolve('@expo-google-fonts/source-sans-3/700Bold/SourceSans3_700Bold.ttf'),
  italic: require.resolve(
    '@expo-google-fonts/source-sans-3/400Regular_Italic/SourceSans3_400Regular_Italic.ttf',
  ),
  boldItalic: require.resolve(
    '@expo-google-fonts/source-sans-3/700Bold_Italic/SourceSans3_700Bold_Italic.ttf',
  ),
  code: require.resolve('@expo-google-fonts/source-code-pro/400Regular/SourceCodePro_400Regular.ttf'),
}

/** Read once per process: 1.4 MB. */
let bytes: Record<FaceName, Buffer> | undefined

const readFaces = (): Record<FaceName, Buffer> => {
  bytes ??= Object.fromEntries(
    Object.entries(files).map(([face, file]) => [face, readFileSync(file)]),
  ) as Record<FaceName, Buffer>
  return bytes
}

/** Text of which every character has a glyph in the face. */
export interface Stretch {
  text: string
  face: FaceName
}

/** What stands in the place of a character that no face has. */
export const stranger = '□'

/** Signs that people and models write as emoji, as the letters of our faces have them. */
export const alike: Record<string, string> = {
  '✅': '✓',
  '✔': '✓',
  '☑': '✓',
  '❌': '✗',
  '✖': '✗',
  '❎': '✗',
  '➡': '→',
  '⬅': '←',
  '⬆': '↑',
  '⬇': '↓',
  '➔': '→',
  '●': '•',
}

/** The bundled fonts (Source Sans 3 and Source Code Pro, OFL): they measure text and know which characters they have. */
export class Typefaces {
  /** Characters shown as `□` so far. */
  strangers = 0
  #document: InstanceType<typeof Pdf>
  #has = new Map<string, boolean>()
  #widths = new Map<string, number>()
  #graphemes = new Intl.Segmenter()

  constructor(document: InstanceType<typeof Pdf>) {
    this.#document = document
    for (const [face, font] of Object.entries(readFaces())) document.registerFont(face, font)
  }

  /** In points. */
  width(text: string, face: FaceName, size: number): number {
    const key = `${face}:${text}`
    let ems = this.#widths.get(key)
    if (ems === undefined) {
      ems = this.#document.font(face).fontSize(1_000).widthOfString(text) / 1_000
      this.#widths.set(key, ems)
    }
    return ems * size
  }

  /** The text in the face, and where that has no glyph in the regular one. `\n` is kept. */
  stretches(text: string, face: FaceName): Stretch[] {
    const plain = plainSpaces(text.normalize('NFC'), face === 'code')
    if (this.#covers(face, plain)) return [{ text: plain, face }]
    const stretches: Stretch[] = []
    for (const { segment } of this.#graphemes.segment(plain)) {
      const one = this.#nearest(segment, face)
      const last = stretches.at(-1)
      if (last?.face === one.face) last.text += one.text
      else stretches.push(one)
    }
    return stretches
  }

  #nearest(grapheme: string, face: FaceName): Stretch {
    const bare = grapheme.replace(/[\u200d\ufe0e\ufe0f\u{1f3fb}-\u{1f3ff}]/gu, '')
    for (const text of [grapheme, bare, alike[bare], bare.normalize('NFKC')]) {
      if (text === undefined) continue
      for (const one of [face, 'regular'] as const) if (this.#covers(one, text)) return { text, face: one }
    }
    this.strangers++
    return { text: stranger, face: 'regular' }
  }

  #covers(face: FaceName, text: string): boolean {
    for (const character of text) if (!this.#hasGlyph(face, character)) return false
    return true
  }

  #hasGlyph(face: FaceName, character: string): boolean {
    if (character === '\n') return true
    const key = face + character
    let has = this.#has.get(key)
    if (has === undefined) {
      // pdfkit keeps the opened font to itself.
      const { _font } = this.#document.font(face) as unknown as {
        _font: { font: { hasGlyphForCodePoint(point: number): boolean } }
      }
      has = _font.font.hasGlyphForCodePoint(character.codePointAt(0)!)
      this.#has.set(key, has)
    }
    return has
  }
}

/** Spaces of all widths are one kind, but those that hold words together; what has no width leaves nothing. */
const plainSpaces = (text: string, isCode: boolean): string =>
  text
    .replaceAll('\t', isCode ? '    ' : ' ')
    .replace(/[\u2007\u202f]/g, '\u00a0')
    .replace(/[\u2000-\u200a\u205f\u3000]/g, ' ')
    .replaceAll('\u2011', '-')
    .replace(/[\u00ad\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '')
