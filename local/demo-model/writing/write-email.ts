import { asClause, asSentence, lowered } from '../material/split-sentences.ts'
import type { Wish } from '../prompt/read-instruction.ts'
import type { Prompt } from '../prompt/read-prompt.ts'
import { situationOf } from './deal-parts.ts'
import { addressed, concernsOf, stepsOf } from './deal-points.ts'
import { type Part, paragraph } from './parts.ts'
import { type Deal, readDeal, shortName } from './read-deal.ts'

/** An e-mail after a talk: thanks, what was wanted, what was promised with its dates, sign-off. Plain paragraphs, no heading. */
export const writeEmail = (
  prompt: Prompt,
  wish: Wish,
): { greeting: string; parts: Part[]; close: string } => {
  const deal = readDeal(prompt, 'customer')
  const signer = deal.people.find((person) => person.ours)?.name ?? prompt.guide.name
  const parts: Part[] = [
    thanks(deal, prompt.instruction),
    wanted(deal),
    promised(deal, signer),
    concerns(deal),
  ].filter((part) => part.blocks.length > 0)
  if (parts.length <= 1)
    parts.push({ blocks: paragraph(...situationOf(deal).map((fact) => asSentence(fact.text))) })
  // A letter to people who were there can be short: unasked it stays under 250 words.
  return {
    greeting: greetingOf(deal, prompt.instruction),
    parts: withinWords(parts, wish.words ?? 250),
    close: `Kind regards,${signer ? `\n${signer}` : ''}`,
  }
}

export const subjectOfEmail = (prompt: Prompt): string => {
  const deal = readDeal(prompt, 'customer')
  const about =
    deal.product && deal.customer
      ? `${deal.product} for ${deal.customer}`
      : (deal.customer ?? deal.product ?? deal.documents[0]?.title ?? 'our talk')
  return deal.day ? `${about}: after our call on ${deal.day}` : about
}

const greetingOf = (deal: Deal, instruction: string): string => {
  const theirs = deal.people.filter((person) => !person.ours)
  const named = theirs.filter((person) =>
    person.name
      .split(' ')
      .some((name) =>
        new RegExp(`\\b(?:to|and|dear),? (?:\\p{Lu}[\\p{L}'-]+ )?${name}\\b`, 'u').test(instruction),
      ),
  )
  const greeted = named.length ? named : theirs.slice(0, 3)
  return greeted.length ? `Hello ${joined(greeted.map((person) => shortName(person.name)))},` : 'Hello,'
}

const thanks = (deal: Deal, instruction: string): Part => {
  const attached = /\b(?:attach|enclos)\w*/i.test(instruction)
    ? ['proposal', 'deck', 'presentation', 'case study', 'product sheet', 'brief'].filter((paper) =>
        instruction.toLowerCase().includes(paper),
      )
    : []
  return {
    blocks: paragraph(
      deal.day ? `Thank you for the call on ${deal.day}.` : 'Thank you for your time.',
      attached.length ? `The ${joined(attached)} ${attached.length > 1 ? 'are' : 'is'} attached.` : undefined,
    ),
  }
}

const wanted = (deal: Deal): Part => {
  const wishes = deal.of('wants').map((fact) => inLine(addressed(fact.text)))
  return {
    blocks: paragraph(wishes.length ? `This is what you are looking for: ${series(wishes)}.` : undefined),
  }
}

const promised = (deal: Deal, signer: string | undefined): Part => {
  const promises = deal.of('promises').map((fact) => inLine(inFirstPerson(fact.text, signer)))
  const decision = stepsOf(deal).dated.find((step) => /^decision\b/i.test(step.what))
  return {
    blocks: paragraph(
      promises.length ? `As promised, you get from us: ${series(promises)}.` : undefined,
      decision && `Your decision is planned for ${decision.when}.`,
    ),
  }
}

const concerns = (deal: Deal): Part => {
  const points = concernsOf(deal).map(({ point, by }) => `${inLine(point)}${by ? ` (${shortName(by)})` : ''}`)
  if (points.length === 0) return { blocks: [] }
  return {
    blocks: paragraph(
      `${points.length > 1 ? 'We also noted these points' : 'We also noted this point'}: ${series(points)}.`,
      'If something is missing here, please tell me.',
    ),
  }
}

/** A point inside a sentence: no full stop, no semicolon of its own. */
const inLine = (text: string) => lowered(asClause(text)).replaceAll('; ', ', ')

const series = (points: string[]) =>
  points.length > 1 ? `${points.slice(0, -1).join('; ')}; and ${points.at(-1)}` : (points[0] ?? '')
const joined = (names: string[]) =>
  names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : (names[0] ?? '')

/** "Priya suggested" is "I suggested" when Priya signs. */
const inFirstPerson = (text: string, signer: string | undefined): string =>
  signer ? text.replace(new RegExp(`\\b${shortName(signer)} (?=\\p{Ll}+ed\\b)`, 'gu'), 'I ') : text

const withinWords = (parts: Part[], limit: number): Part[] => {
  const count = (some: Part[]) =>
    some
      .flatMap((part) => part.blocks)
      .reduce(
        (sum, block) => sum + (block.kind === 'paragraph' ? block.sentences.join(' ').split(' ').length : 0),
        12,
      )
  const kept = [...parts]
  // Concerns go first, then the wishes; what was promised stays.
  while (kept.length > 2 && count(kept) > limit) kept.splice(kept.length === 4 ? 3 : 1, 1)
  return kept
}
