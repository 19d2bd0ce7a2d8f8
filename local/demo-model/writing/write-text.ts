import { asSentence } from '../material/split-sentences.ts'
import { readWish } from '../prompt/read-instruction.ts'
import type { Prompt } from '../prompt/read-prompt.ts'
import { fitWords, list, type Part, toMarkdown, toPlainText } from './parts.ts'
import { subjectOfEmail, writeEmail } from './write-email.ts'
import { writeProposal } from './write-proposal.ts'
import { writeSlides } from './write-slides.ts'
import { writeScript, writeSummary } from './write-summary.ts'

/** A text of the kind the instruction asks for, from the material only. Says what is missing when there is none. */
export const writeText = (prompt: Prompt, limit?: number): string => {
  const wish = readWish(prompt.instruction)
  const words = limit ?? wish.words
  if (prompt.sources.length === 0) return lacking(prompt)
  if (wish.genre === 'email') {
    const { greeting, parts, close } = writeEmail(prompt, { ...wish, words })
    const subject = /\bsubject\b/i.test(prompt.instruction) ? [`Subject: ${subjectOfEmail(prompt)}`] : []
    return [...subject, greeting, toPlainText(parts), close].join('\n\n')
  }
  if (wish.genre === 'script') return toPlainText(fitWords(writeScript(prompt, { ...wish, words }), words))
  const { title, parts } =
    wish.genre === 'proposal'
      ? writeProposal(prompt, wish)
      : wish.genre === 'deck'
        ? deck(prompt)
        : writeSummary(prompt, { ...wish, words })
  if (parts.length === 0) return 'The material holds no sentence that the demo model could use.'
  const fitted = fitWords(parts, words && words - (title?.split(' ').length ?? 0))
  const bare = wish.genre === 'summary' && words !== undefined && words < 120
  return prompt.guide.plainText
    ? toPlainText(fitted, bare ? undefined : title)
    : toMarkdown(fitted, bare ? undefined : title)
}

const deck = (prompt: Prompt): { title: string | undefined; parts: Part[] } => {
  const [first, ...rest] = writeSlides(prompt)
  const parts: Part[] = rest.map((slide) => ({ heading: slide.title, blocks: list(slide.bullets) }))
  return {
    title: first?.title,
    parts: first?.bullets.length ? [{ blocks: list(first.bullets) }, ...parts] : parts,
  }
}

/** Without material there is nothing to write from: the short answers are all there is to repeat. */
const lacking = (prompt: Prompt): string => {
  const given = [...prompt.answers].map(([key, value]) =>
    asSentence(`${key.charAt(0).toUpperCase()}${key.slice(1)}: ${value}`),
  )
  const missing =
    'The request brings no file and no longer text, so the demo model has nothing to write this from.'
  return [...given, missing].join(' ')
}
