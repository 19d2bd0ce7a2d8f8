import { asClause, asSentence } from '../material/split-sentences.ts'
import type { Wish } from '../prompt/read-instruction.ts'
import type { Prompt } from '../prompt/read-prompt.ts'
import { blocksFor, factsAbout, type SectionKind, sectionKindOf } from './deal-parts.ts'
import { list, type Part, paragraph } from './parts.ts'
import { type Deal, readDeal } from './read-deal.ts'

const usual: SectionKind[] = ['situation', 'wants', 'offer', 'concerns', 'price', 'steps', 'case']

const headingOf = (kind: SectionKind, deal: Deal): string =>
  ({
    situation: 'Situation',
    wants: 'What you asked for',
    offer: 'Our proposal',
    concerns: deal.documents.some((document) => document.role === 'customer')
      ? 'Points you raised'
      : 'Points to settle',
    price: 'Plans and price',
    steps: 'Timeline and next steps',
    case: deal.reference ? `Reference: ${deal.reference}` : 'Reference',
  })[kind]

export const writeProposal = (prompt: Prompt, wish: Wish): { title: string; parts: Part[] } => {
  const deal = readDeal(prompt, 'customer')
  const title = deal.customer ? `Proposal for ${deal.customer}` : 'Proposal'
  const parts = wish.sections.length
    ? wish.sections.map((name) => partNamed(name, deal, prompt))
    : usual.map((kind) => partOf(kind, deal, prompt)).filter((part) => part.blocks.length > 0)
  return { title, parts: wish.sections.length ? parts : [...opening(deal), ...parts] }
}

const partOf = (kind: SectionKind, deal: Deal, prompt: Prompt): Part => ({
  heading: headingOf(kind, deal),
  blocks: blocksFor(kind, deal, prompt.instruction),
})

const partNamed = (name: string, deal: Deal, prompt: Prompt): Part => {
  const kind = sectionKindOf(name)
  const blocks = kind
    ? blocksFor(kind, deal, prompt.instruction)
    : list(factsAbout(name, deal, new Set()).map((fact) => asClause(fact.text)))
  return {
    heading: name,
    blocks: blocks.length ? blocks : paragraph(`The material given says nothing about this.`),
  }
}

/** For whom, by whom, after which talk: as far as the notes say so. */
const opening = (deal: Deal): Part[] => {
  const theirs = deal.people
    .filter((person) => !person.ours)
    .map((person) => (person.role ? `${person.name} (${person.role})` : person.name))
  const ours = deal.people.find((person) => person.ours)?.name
  const said = [
    theirs.length ? `For ${theirs.join(' and ')}` : '',
    ours ? `from ${ours}` : '',
    deal.day ? `after our talk on ${deal.day}` : '',
  ].filter(Boolean)
  return said.length >= 2 ? [{ blocks: paragraph(asSentence(said.join(', '))) }] : []
}
