import { type Block, textOf } from './blocks.ts'

/**
 * Models like to begin with a heading that repeats the document's name; under a title block it would stand twice.
 * A leading heading that says no more than the name is dropped; one that says the name and more becomes the title.
 */
export const splitTitle = (name: string, blocks: Block[]): { title: string; blocks: Block[] } => {
  const [first, ...rest] = blocks
  if (first?.kind !== 'heading' || first.level > 1) return { title: name, blocks }
  const heading = textOf(first.spans).replace(/\s+/g, ' ').trim()
  if (wordsWithin(heading, name)) return { title: name, blocks: rest }
  if (wordsWithin(name, heading)) return { title: heading, blocks: rest }
  return { title: name, blocks }
}

const wordsWithin = (part: string, whole: string): boolean => {
  const words = new Set(wordsOf(whole))
  return wordsOf(part).every((word) => words.has(word))
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
