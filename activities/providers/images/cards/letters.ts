import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Font } from 'satori'
import sharp from 'sharp'
import { hasRightToLeft } from '../../documents/look/scripts.ts'
import { fontBytes, fontsWith } from './machine-fonts.ts'

const require = createRequire(import.meta.url)
const file = (face: string) => readFileSync(require.resolve(`@expo-google-fonts/source-sans-3/${face}`))

const family = 'Source Sans 3'
let bundled: Font[] | undefined

/** Source Sans 3 (OFL), read once per process: the layout keeps what it made of the very same list. */
const bundledFonts = (): Font[] => {
  bundled ??= [
    { name: family, weight: 400, data: file('400Regular/SourceSans3_400Regular.ttf') },
    { name: family, weight: 700, data: file('700Bold/SourceSans3_700Bold.ttf') },
  ]
  return bundled
}

const mirroredFonts = new Map<string, Font[]>()

/**
 * The fonts of a text, the first one for all of it as far as it goes. A text from right to left wants its own font in
 * front: where the font changes within a line, the layout misplaces the spaces.
 */
export async function fontsFor(text: string): Promise<{ family: string; fonts: Font[] }> {
  const letter = [...text].find(hasRightToLeft)
  const own = letter && (await fontsWith(letter)).find(({ hasColours }) => !hasColours)
  if (!own) return { family, fonts: bundledFonts() }
  const fonts = mirroredFonts.get(own.file) ?? [
    ...bundledFonts(),
    { name: own.file, weight: 400, data: await fontBytes(own.file) },
  ]
  mirroredFonts.set(own.file, fonts)
  return { family: `${own.file}, ${family}`, fonts }
}

const graphemes = new Intl.Segmenter()
/** What joins or varies other characters and has no letter of its own. */
const unseen = /\s|\p{Default_Ignorable_Code_Point}/u

/** Finds letters that the bundled font lacks among the fonts of this machine, and counts those that none has. */
export class Letters {
  /** Shown as boxes. */
  readonly strangers = new Set<string>()

  /** What the layout asks for a stretch of text in one script; an emoji may come as a picture. */
  load = async (script: string, text: string): Promise<string | Font[]> => {
    const pictured = script === 'emoji' ? await pictureOf(text) : undefined
    if (pictured) return pictured
    const fonts = new Map<string, Font>()
    for (const { segment } of graphemes.segment(text)) {
      const missing = [...segment].filter((one) => !unseen.test(one))
      for (const character of missing) {
        const candidates = (await fontsWith(character)).filter(({ hasColours }) => !hasColours)
        const font = candidates.find((one) => fonts.has(one.file)) ?? candidates[0]
        if (!font) this.strangers.add(segment)
        else if (!fonts.has(font.file))
          fonts.set(font.file, { name: font.file, weight: 400, data: await fontBytes(font.file) })
      }
    }
    return [...fonts.values()]
  }
}

/** An emoji in colours, where this machine has a font that holds them as pictures. */
async function pictureOf(emoji: string): Promise<string | undefined> {
  const fonts = await fontsWith([...emoji][0] ?? '')
  if (!fonts.some(({ hasColours }) => hasColours)) return undefined
  const picture = await sharp({ text: { text: emoji, rgba: true, dpi: 600 } })
    .png()
    .toBuffer()
  return `data:image/png;base64,${picture.toString('base64')}`
}
