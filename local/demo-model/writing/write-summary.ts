import { countWords, overlap, subjects } from '../material/compare-words.ts'
import { findDates, findNumbers } from '../material/find-values.ts'
import type { Fact } from '../material/read-material.ts'
import { asClause, asSentence } from '../material/split-sentences.ts'
import type { Wish } from '../prompt/read-instruction.ts'
import type { Prompt } from '../prompt/read-prompt.ts'
import { factsAbout } from './deal-parts.ts'
import { list, type Part, paragraph } from './parts.ts'
import { type Deal, readDeal } from './read-deal.ts'

/** Those facts that fit into so many words, the weightiest kept, in the order of the material. */
const pickFacts = (facts: readonly Fact[], about: Set<string>, limit: number): Fact[] => {
  const ranked = facts
    .map((fact, at) => ({ fact, at, weight: weightOf(fact, about) }))
    .sort((a, b) => b.weight - a.weight || a.at - b.at)
  let left = limit
  const kept = ranked.filter(({ fact }) => {
    const cost = countWords(fact.text)
    if (cost > left) return false
    left -= cost
    return true
  })
  return kept.sort((a, b) => a.at - b.at).map(({ fact }) => fact)
}

const weightOf = (fact: Fact, about: Set<string>): number =>
  overlap(about, fact.subjects) * 2 +
  Math.min(2, findNumbers(fact.text).length + findDates(fact.text).length) +
  (fact.topic ? 1 : 0) +
  (fact.topic === 'advice'
    ? 2
    : fact.topic === 'promises' || fact.topic === 'wants' || fact.topic === 'situation'
      ? 1
      : 0) -
  // Dates, places and circulation notes at the top of a paper are no news.
  (countWords(fact.text) < 6 && fact.heading === '' ? 3 : 0)

/** A lead in sentences, then what the material says under each of its headings, as points. */
export const writeSummary = (prompt: Prompt, wish: Wish): { title: string | undefined; parts: Part[] } => {
  const deal = readDeal(prompt, 'colleague')
  const about = subjects(prompt.instruction)
  if (wish.sections.length) return { title: titleOf(deal), parts: sectionsAsked(wish, deal) }
  const limit = wish.words ?? 300
  const headings = limit >= 120
  // Headings and the title take some of the words.
  const facts = pickFacts(
    deal.facts.filter((fact) => fact.topic !== 'tone' && fact.topic !== 'never'),
    about,
    limit * (headings ? 0.9 : 1),
  )
  const lead = facts.filter(
    (fact) => fact.topic === 'situation' || (fact.heading === '' && fact.kind === 'sentence'),
  )
  const rest = facts.filter((fact) => !lead.includes(fact))
  const points = (group: Fact[]) => list(group.map((fact) => asClause(fact.text)))
  const parts: Part[] = lead.length
    ? [{ blocks: paragraph(...lead.map((fact) => asSentence(fact.text))) }]
    : []
  if (headings)
    for (const [heading, group] of groupedByHeading(rest))
      parts.push({ ...(heading && { heading }), blocks: points(group) })
  else if (rest.length) parts.push({ blocks: points(rest) })
  return { title: titleOf(deal), parts }
}

export const groupedByHeading = (facts: readonly Fact[]): Map<string, Fact[]> => {
  const groups = new Map<string, Fact[]>()
  for (const fact of facts) {
    const key = fact.heading
    groups.set(key, [...(groups.get(key) ?? []), fact])
  }
  return groups
}

const sectionsAsked = (wish: Wish, deal: Deal): Part[] => {
  const told = new Set<string>()
  return wish.sections.map((heading) => {
    const facts = factsAbout(heading, deal, told)
    for (const fact of facts) told.add(fact.text)
    return {
      heading,
      blocks: facts.length
        ? list(facts.map((fact) => asClause(fact.text)))
        : paragraph('The material given says nothing about this.'),
    }
  })
}

const titleOf = (deal: Deal): string | undefined => deal.documents[0]?.title

/** Running sentences for the ear: no headings, no points. */
export const writeScript = (prompt: Prompt, wish: Wish): Part[] => {
  const deal = readDeal(prompt, 'customer')
  const facts = pickFacts(
    deal.facts.filter((fact) => fact.kind === 'sentence'),
    subjects(prompt.instruction),
    wish.words ?? 180,
  )
  return [...groupedByHeading(facts).values()].map((group) => ({
    blocks: paragraph(...group.map((fact) => asSentence(fact.text))),
  }))
}
