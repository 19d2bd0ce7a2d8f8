import { best, overlap, subjects } from '../material/compare-words.ts'
import { findDates, toIsoDate } from '../material/find-values.ts'
import type { Fact, Table } from '../material/read-material.ts'
import { asClause, capitalised } from '../material/split-sentences.ts'
import { type Deal, personCalled } from './read-deal.ts'

/** Speaking to the customer: "They run" is "You run", in the past the customer's name; "their" is "your" where no other plural stands before it. */
export const addressed = (text: string, customer?: string): string =>
  text
    .replace(
      /^They(?= (?:\p{Ll}+ed|lost|had|ran|made|took|saw|chose|did|paid|spent|grew|won|began|can|could|will|would|must)\b)/u,
      customer?.split(' ')[0] ?? 'You',
    )
    .replace(/^They\b/, 'You')
    .replace(/^Their\b/, 'Your')
    .replace(/^([^.;]*?)\btheir\b/, (all, before: string) =>
      /\p{Ll}{2,}s\b/u.test(
        before.replace(/\b(?:is|was|has|this|its|us|as|does|process|business|access)\b/gi, ''),
      )
        ? all
        : `${before}your`,
    )

/** Something the material offers, and where. */
export interface Offered {
  text: string
  /** "plan Fleet" or "Nordkyst Frakt". */
  from: string | undefined
  subjects: Set<string>
  /** How many subjects a wish must share with it. */
  needs: number
}

export const offeredIn = (deal: Deal, except: readonly Fact[] = []): Offered[] => [
  ...featuresOf(deal.prices),
  ...deal.facts
    .filter((fact) => (fact.role === 'product' && fact.kind !== 'row') || fact.role === 'case')
    .filter((fact) => !except.includes(fact) && fact.text.length < 160)
    .map((fact) => ({
      text: asClause(fact.text),
      from: fact.role === 'case' ? deal.reference : undefined,
      subjects: fact.subjects,
      needs: 2,
    })),
]

/** The cells of a price table, a feature each: "offline merge" of the plan Fleet. */
const featuresOf = (prices: Table | undefined): Offered[] =>
  (prices?.rows ?? []).flatMap((row) =>
    row
      .slice(1)
      .flatMap((cell) => cell.split(/[,;]\s+/))
      .filter((feature) => feature.length > 3 && !/\d{2,}/.test(feature))
      .map((feature) => ({
        text: feature.trim(),
        from: `plan ${row[0]}`,
        subjects: subjects(feature),
        needs: 1,
      })),
  )

/** What is offered for a wish, the closest first, three at most. */
export const answersTo = (wish: string, offered: readonly Offered[]): string[] =>
  offered
    .map((each) => ({ each, points: overlap(each.subjects, wish) }))
    .filter(({ each, points }) => points >= each.needs)
    // A plan's feature is the shorter answer and wins a tie.
    .sort((a, b) => b.points + 3 / (b.each.needs + 1) - a.points - 3 / (a.each.needs + 1))
    .slice(0, 3)
    .map(({ each }) => (each.from ? `${each.text} (${each.from})` : each.text))

/** The first words of a wish, as a label: "Proof of delivery". */
export const labelOf = (wish: string): string => asClause(wish.split(/,|;|:| \(| that | which | with /)[0]!)

export interface Concern {
  point: string
  /** All that was said about it: an answer may fit the quotation better than the point. */
  said: string
  by: string | undefined
}

/** "Tomasz: “…” He wants read-only for eight weeks." is one concern, its point being what he wants. */
export const concernsOf = (deal: Deal): Concern[] => {
  const concerns: (Concern & { quoted: boolean })[] = []
  for (const fact of deal.of('concerns')) {
    const spoken = /^(\p{Lu}\p{L}+(?: \p{Lu}\p{L}+)?): (.+)$/u.exec(fact.text)
    const person = spoken && personCalled(deal.people, spoken[1]!)
    const said = person ? spoken[2]! : fact.text
    const wanted =
      /^(?:He|She|They|\p{Lu}\p{L}+) (?:wants?|asks? for|needs?|requires?|would like) (.+)$/u.exec(said)?.[1]
    const last = concerns.at(-1)
    if (wanted && last?.quoted && /^(?:He|She|They)\b/.test(said))
      concerns[concerns.length - 1] = {
        ...last,
        point: capitalised(asClause(wanted)),
        said: `${last.said} ${said}`,
        quoted: false,
      }
    else
      concerns.push({
        point: capitalised(asClause(wanted ?? said)),
        said,
        by: person?.name,
        quoted: /^[“"„]/.test(said),
      })
  }
  return concerns.map(({ point, said, by }) => ({ point, said, by }))
}

export interface Step {
  when: string
  what: string
}

/** What has a date, in the order of the dates, and what was promised without one. */
export const stepsOf = (deal: Deal): { dated: Step[]; undated: string[] } => {
  const dated: (Step & { iso: string })[] = []
  const undated: string[] = []
  const candidates = [
    ...deal.of('promises'),
    ...deal.facts.filter(
      (fact) =>
        fact.role === 'customer' &&
        (fact.topic === 'wants' ||
          (fact.row && /decision|start|deadline|go-?live|pilot/i.test(fact.row.label))),
    ),
  ]
  for (const fact of candidates) {
    const when = findDates(fact.text)[0]
    const iso = when && toIsoDate(when, deal.since)
    if (when && iso) dated.push({ when, iso, what: whatHappens(fact, when) })
    else if (fact.topic === 'promises') undated.push(fact.text)
  }
  return {
    dated: dated
      .sort((a, b) => (a.iso < b.iso ? -1 : a.iso > b.iso ? 1 : 0))
      .map(({ when, what }) => ({ when, what })),
    undated,
  }
}

const whatHappens = (fact: Fact, when: string): string => {
  if (fact.row && fact.row.value === when) return fact.row.label
  const bare = fact.text.replace(/ \([^)]*\)/g, '')
  return capitalised(
    asClause(
      bare.replace(
        new RegExp(`,? ?\\b(?:by|on|until|before|in)? ?(?:the )?${when.replace(/[.\\]/g, '\\$&')}`),
        '',
      ),
    )
      .trim()
      .replace(/^[:,–-]\s*/, ''),
  )
}

/** The plan named in the instruction, or the one whose features meet most wishes; "everything" counts for all plans before it. */
export const fittingPlan = (deal: Deal, instruction: string): string[] | undefined => {
  const rows = deal.prices?.rows ?? []
  const named = rows.find((row) =>
    new RegExp(`\\bplans?:? ["“]?${row[0]}\\b|\\b${row[0]}\\b["”]? plan`, 'i').test(instruction),
  )
  if (named) return named
  const wishes = [
    ...deal.of('wants').map((fact) => fact.text),
    ...concernsOf(deal).map((concern) => concern.said),
  ]
  if (wishes.length === 0) return undefined
  const meets = (features: string) =>
    wishes.reduce((sum, wish) => sum + Math.min(2, overlap(features, wish)), 0)
  const before = (row: string[]) => rows.slice(0, rows.indexOf(row)).flat().join(' ')
  return best(rows, (row) =>
    meets(
      /\b(?:everything|all of)\b/i.test(row.join(' '))
        ? `${row.slice(1).join(' ')} ${before(row)}`
        : row.slice(1).join(' '),
    ),
  )
}
