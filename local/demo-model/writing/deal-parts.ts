import { countWords, overlap, subjects } from '../material/compare-words.ts'
import { findNumbers } from '../material/find-values.ts'
import type { Fact } from '../material/read-material.ts'
import { asClause, asSentence, capitalised, lowered } from '../material/split-sentences.ts'
import { addressed, answersTo, concernsOf, fittingPlan, labelOf, offeredIn, stepsOf } from './deal-points.ts'
import { type Block, list, paragraph, table } from './parts.ts'
import { type Deal, personCalled } from './read-deal.ts'

/** The sections a paper for a customer can have; each draws on facts of its own, so that nothing is said twice. */
export type SectionKind = 'situation' | 'wants' | 'offer' | 'concerns' | 'price' | 'steps' | 'case'

const names: [SectionKind, RegExp][] = [
  ['case', /reference|case|success|who (?:already|else)|proof|customer story/],
  ['price', /pric|\bplans?\b|cost|invest|commercial|budget|fee/],
  ['steps', /next|timeline|schedule|steps|roll-?out|dates|when|milestone/],
  ['concerns', /concern|objection|risk|question|worr|points raised/],
  ['wants', /asked|want|need|goal|require|wish|understand|objective/],
  ['offer', /propos|solution|offer|approach|product|how we|answer|benefit|we bring|scope/],
  ['situation', /situation|background|today|challenge|problem|where|context|starting|current/],
]

export const sectionKindOf = (title: string): SectionKind | undefined =>
  names.find(([, pattern]) => pattern.test(title.toLowerCase()))?.[0]

export const blocksFor = (kind: SectionKind, deal: Deal, instruction: string): Block[] =>
  sections[kind](deal, instruction)

const sections: Record<SectionKind, (deal: Deal, instruction: string) => Block[]> = {
  situation: (deal) =>
    paragraph(...situationOf(deal).map((fact) => asSentence(addressed(fact.text, deal.customer)))),

  wants: (deal) => list(deal.of('wants').map((fact) => asClause(addressed(fact.text)))),

  offer: (deal) => {
    const intro = introOf(deal)
    const offered = offeredIn(deal, intro)
    const told = new Set<string>()
    const items = deal.of('wants').flatMap((fact) => {
      const answers = answersTo(fact.text, offered).filter((answer) => !told.has(answer))
      for (const answer of answers) told.add(answer)
      return answers.length
        ? [
            `**${labelOf(addressed(fact.text))}:** ${answers.map((answer) => lowered(asClause(answer))).join('; ')}`,
          ]
        : []
    })
    const rest = deal
      .of('claims')
      .map((fact) => asClause(fact.text))
      .filter((claim) => !told.has(claim) && !(deal.reference && claim.includes(deal.reference)))
    return [...paragraph(...intro.map((fact) => asSentence(fact.text))), ...list([...items, ...rest])]
  },

  concerns: (deal) => {
    const offered = offeredIn(deal)
    const rows = concernsOf(deal).map((concern) => ({
      ...concern,
      answer: answersTo(concern.said, offered).slice(0, 2).join('; '),
    }))
    if (rows.every((row) => row.answer === ''))
      return list(rows.map((row) => `${row.point}${row.by ? ` (${row.by})` : ''}`))
    const who = (name: string | undefined) => {
      const person = name ? personCalled(deal.people, name) : undefined
      return person ? `${person.name}${person.role ? ` (${person.role})` : ''}` : '–'
    }
    return table(
      ['Point', 'Raised by', 'What we have for it'],
      rows.map((row) => [row.point, who(row.by), capitalised(row.answer) || '–']),
    )
  },

  price: (deal, instruction) => {
    const plan = fittingPlan(deal, instruction)
    const prices = deal.prices
    const amount = plan?.find((each) => findNumbers(each).length > 0)
    const unit = prices && amount ? lowered(prices.head[plan!.indexOf(amount)] ?? '') : ''
    const frame = deal
      .of('figures')
      .filter((fact) => !(fact.row && /decision|deadline/i.test(fact.row.label)))
    return [
      ...(prices ? table(prices.head, prices.rows) : []),
      ...paragraph(
        plan && amount
          ? `The plan ${plan[0]} comes closest to your list, at ${amount}${/^per\b/.test(unit) ? ` ${unit}` : ''}.`
          : undefined,
        ...frame.map((fact) => asSentence(fact.text)),
        prices ? undefined : 'The material given names no prices.',
      ),
    ]
  },

  steps: (deal) => {
    const { dated, undated } = stepsOf(deal)
    return [
      ...table(
        ['When', 'What'],
        dated.map((step) => [step.when, step.what]),
      ),
      ...list(undated.map(asClause)),
    ]
  },

  case: (deal) => {
    const facts = deal.facts.filter((fact) => fact.role === 'case')
    const results = facts.filter((fact) => fact.topic !== 'course')
    const course = facts.filter((fact) => fact.topic === 'course')
    // The product sheet's sentence about the same customer says in words what the case study has in points.
    const told = deal.of('claims').find((fact) => deal.reference && fact.text.includes(deal.reference))
    const points = results.filter((fact) => !told || shareOf(fact, told) < 0.8)
    return [
      ...paragraph(told && asSentence(told.text)),
      ...list(points.map((fact) => asClause(fact.text))),
      ...(course.length > 1 && course.every((fact) => fact.row)
        ? table(
            ['When', course[0]!.heading || 'What'],
            course.map((fact) => [fact.row!.label, fact.row!.value]),
          )
        : list(course.map((fact) => asClause(fact.text)))),
    ]
  },
}

/** How much of a fact another one already says. */
const shareOf = (fact: Fact, other: Fact) =>
  overlap(fact.subjects, other.subjects) / Math.max(1, fact.subjects.size)

export const situationOf = (deal: Deal): Fact[] => {
  const named = deal.facts.filter(
    (fact) => fact.topic === 'situation' && (fact.role === 'customer' || fact.role === 'other'),
  )
  if (named.length) return named.slice(0, 6)
  return deal.facts
    .filter(
      (fact) =>
        (fact.role === 'customer' || fact.role === 'other') &&
        fact.topic === undefined &&
        fact.kind === 'sentence' &&
        countWords(fact.text) > 6 &&
        !/\b(?:on the call|attendees|participants)\b/i.test(fact.text),
    )
    .slice(0, 5)
}

/** What the product is, in its sheet's first sentences. */
export const introOf = (deal: Deal): Fact[] =>
  deal.facts
    .filter(
      (fact) =>
        fact.role === 'product' &&
        fact.kind === 'sentence' &&
        (fact.topic === undefined || fact.heading === ''),
    )
    .slice(0, 3)

/** The facts nearest to a section that none of the kinds above is. */
export const factsAbout = (title: string, deal: Deal, told: ReadonlySet<string>): Fact[] => {
  const about = subjects(title)
  return deal.facts
    .filter((fact) => !told.has(fact.text))
    .map((fact) => ({ fact, points: overlap(about, fact.subjects) * 2 + overlap(about, fact.heading) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, 4)
    .map(({ fact }) => fact)
}
