import { AlignmentType, type INumberingOptions, LevelFormat } from 'docx'
import type { Palette } from '../look/colour.ts'

/** Word has nine levels; deeper ones share the last. */
export const deepest = 8

/** One step of indentation, in twentieths of a point. */
export const step = 340

/** Each list is an instance of one of these, so that each numbered list starts anew. */
export class Lists {
  /** Lists may start at any number, and in Word a start belongs to the definition. */
  #starts = new Set<number>()
  #instances = 0

  /** A new list: what its paragraphs say about themselves. */
  begin(ordered: boolean, start: number): { reference: string; instance: number } {
    this.#instances += 1
    if (ordered) this.#starts.add(start)
    return { reference: ordered ? `numbered-${start}` : 'bulleted', instance: this.#instances }
  }

  definitions(palette: Palette): INumberingOptions {
    const numbered = [...this.#starts].map((start) => ({
      reference: `numbered-${start}`,
      levels: levels((level) => ({
        format: [LevelFormat.DECIMAL, LevelFormat.LOWER_LETTER, LevelFormat.LOWER_ROMAN][level % 3],
        text: `%${level + 1}.`,
        start,
        style: { run: { color: palette.primaryText } },
      })),
    }))
    const bulleted = {
      reference: 'bulleted',
      levels: levels((level) => ({
        format: LevelFormat.BULLET,
        text: ['•', '–', '·'][level % 3],
        style: { run: { color: palette.accentText, bold: true } },
      })),
    }
    return { config: [bulleted, ...numbered] }
  }
}

type Level = INumberingOptions['config'][number]['levels'][number]

const levels = (one: (level: number) => Pick<Level, 'format' | 'text' | 'start' | 'style'>): Level[] =>
  Array.from({ length: deepest + 1 }, (_, level) => {
    const given = one(level)
    return {
      level,
      alignment: AlignmentType.START,
      ...given,
      style: { ...given.style, paragraph: { indent: { left: step * (level + 1), hanging: step } } },
    }
  })
