import { AlignmentType, type INumberingOptions, LevelFormat } from 'docx'
import type { ListBlock } from '../content/blocks.ts'
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

  /** A new list: gives what its paragraphs say about themselves. A task has its box where others have their bullet. */
  begin(list: ListBlock): (task?: 'open' | 'done') => { reference: string; instance: number } {
    const instance = ++this.#instances
    if (list.ordered) this.#starts.add(list.start)
    const reference = list.ordered ? `numbered-${list.start}` : 'bulleted'
    return (task) => ({ reference: task ? `task-${task}` : reference, instance })
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
    const boxes = { open: '☐', done: '☑' }
    const tasks = Object.entries(boxes).map(([task, box]) => ({
      reference: `task-${task}`,
      levels: levels(() => ({
        format: LevelFormat.BULLET,
        text: box,
        style: { run: { color: palette.accentText, font: 'Segoe UI Symbol' } },
      })),
    }))
    return { config: [bulleted, ...tasks, ...numbered] }
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
