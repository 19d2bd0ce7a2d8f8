import { asClause, asSentence, capitalised } from '../material/split-sentences.ts'
import type { Prompt } from '../prompt/read-prompt.ts'
import { blocksFor, introOf, type SectionKind, situationOf } from './deal-parts.ts'
import { addressed, concernsOf, stepsOf } from './deal-points.ts'
import { type Chart, chartOfChange, chartOfTable } from './find-charts.ts'
import type { Block } from './parts.ts'
import { type Deal, readDeal } from './read-deal.ts'
import { groupedByHeading } from './write-summary.ts'

export interface Slide {
  title: string
  bullets: string[]
  /** What the presenter says: the sentences behind the bullets. */
  notes: string
  chart?: Chart
}

/** Six to eight slides: by the course of a deal when the material is one, else by the headings of the material. */
export const writeSlides = (prompt: Prompt): Slide[] => {
  const deal = readDeal(prompt, 'customer')
  const isDeal =
    deal.of('wants').length > 0 &&
    deal.documents.some((document) => document.role === 'customer' || document.role === 'product')
  const slides = isDeal ? dealSlides(deal, prompt) : materialSlides(deal)
  return slides.filter((slide, at) => at === 0 || slide.bullets.length > 0)
}

const dealSlides = (deal: Deal, prompt: Prompt): Slide[] => {
  const customer = deal.customer ?? 'The customer'
  const change = deal.facts.filter(
    (fact) => fact.role === 'case' || (deal.reference !== undefined && fact.text.includes(deal.reference)),
  )
  const steps = stepsOf(deal)
  const of = (kind: SectionKind) => blocksFor(kind, deal, prompt.instruction)
  return [
    opening(deal, customer),
    slide(
      'Where you are today',
      situationOf(deal).map((fact) => addressed(fact.text, deal.customer)),
    ),
    slide(
      'What you asked for',
      deal.of('wants').map((fact) => addressed(fact.text)),
    ),
    slide(
      deal.product ? `What ${deal.product} brings` : 'What we bring',
      listItems(of('offer')),
      introOf(deal)
        .map((fact) => asSentence(fact.text))
        .join(' '),
    ),
    slide(
      'Points raised, and what we have for them',
      tableLines(of('concerns')),
      concernsOf(deal)
        .map((concern) => asSentence(concern.by ? `${concern.point} (${concern.by})` : concern.point))
        .join(' '),
    ),
    slide(
      'Plans and price',
      deal.prices ? deal.prices.rows.map(([name, ...cells]) => `**${name}:** ${cells.join(', ')}`) : [],
      sentencesOf(of('price')),
      deal.prices && chartOfTable(deal.prices),
    ),
    slide(
      deal.reference ? `Reference: ${deal.reference}` : 'Reference',
      [...listItems(of('case')), ...tableLines(of('case'))],
      sentencesOf(of('case')),
      change.map(chartOfChange).find((chart) => chart !== undefined),
    ),
    slide('Next steps', [...steps.dated.map((step) => `**${step.when}:** ${step.what}`), ...steps.undated]),
  ]
}

const opening = (deal: Deal, title: string): Slide => {
  const theirs = deal.people
    .filter((person) => !person.ours)
    .map((person) => (person.role ? `${person.name} (${person.role})` : person.name))
  const ours = deal.people.filter((person) => person.ours).map((person) => person.name)
  const bullets = [
    ...(deal.product ? [deal.product] : []),
    ...(deal.day ? [`After our talk on ${deal.day}`] : []),
    ...(theirs.length ? [`For ${theirs.join(' and ')}`] : []),
    ...(ours.length ? [`From ${ours.join(' and ')}`] : []),
  ]
  return {
    title: deal.product ? `${title}: our proposal` : title,
    bullets,
    notes: bullets.map(asSentence).join(' '),
  }
}

const materialSlides = (deal: Deal): Slide[] => {
  const [first] = deal.documents
  const slides: Slide[] = [
    {
      title: first?.title ?? 'Presentation',
      bullets: [...new Set(deal.facts.map((fact) => fact.heading).filter(Boolean))].slice(0, 6),
      notes: `Made from ${deal.documents.map((document) => document.name).join(', ')}.`,
    },
  ]
  for (const document of deal.documents) {
    for (const [heading, facts] of groupedByHeading(
      deal.facts.filter((fact) => fact.source === document.name),
    )) {
      const table = document.tables.find((each) => each.heading === heading)
      const pages = inPages(facts, facts.length > 5 ? 4 : 5)
      pages.forEach((page, at) => {
        const chart =
          (at === 0 && table && chartOfTable(table)) ||
          page.map(chartOfChange).find((each) => each !== undefined)
        const title = heading || (document === first ? 'What the material says' : document.title)
        slides.push(
          slide(
            at === 0 ? title : `${title}, continued`,
            page.map((fact) => fact.text),
            undefined,
            chart,
          ),
        )
      })
    }
  }
  return slides.slice(0, 8)
}

const inPages = <T>(items: readonly T[], size: number): T[][] => {
  const pages = Math.max(1, Math.ceil(items.length / size))
  const each = Math.ceil(items.length / pages)
  return Array.from({ length: pages }, (_, page) => items.slice(page * each, (page + 1) * each))
}

/** Bullets keep the main clause of a long sentence; the whole of it stands in the notes. */
const slide = (title: string, texts: string[], notes?: string, chart?: Chart): Slide => {
  const bullets = texts.slice(0, 6).map((text) => capitalised(asClause(mainClause(text))))
  return {
    title,
    bullets,
    notes: (notes || texts.map((text) => asSentence(text.replaceAll('**', ''))).join(' ')).slice(0, 4_000),
    ...(chart && { chart }),
  }
}

const mainClause = (text: string): string => {
  if (text.length <= 110) return text
  const [head = text] = text.split(/;|, which |, because | because | \((?=[^)]{30})/)
  return head.length >= 30 ? head : text
}

const listItems = (blocks: Block[]) => blocks.flatMap((block) => (block.kind === 'list' ? block.items : []))
const tableLines = (blocks: Block[]) =>
  blocks
    .flatMap((block) =>
      block.kind === 'table' ? block.rows.map((row) => `**${row[0]}:** ${row.at(-1)}`) : [],
    )
    .filter((line) => !line.endsWith(' –'))
const sentencesOf = (blocks: Block[]) =>
  blocks.flatMap((block) => (block.kind === 'paragraph' ? block.sentences : [])).join(' ')
