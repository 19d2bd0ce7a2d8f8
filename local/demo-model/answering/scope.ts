import { type Fact, readDocument } from '../material/read-material.ts'
import type { Prompt } from '../prompt/read-prompt.ts'
import { type Deal, readDeal } from '../writing/read-deal.ts'
import type { Choice } from './choose-option.ts'
import type { Schema } from './schema-walk.ts'

/** What a value is looked for in. */
export interface Scope {
  prompt: Prompt
  deal: Deal
  /** All of the material, or the one fact that an item of a list is about. */
  facts: readonly Fact[]
  /** Of an item of a list. */
  item?: Fact
  root: Schema
  /** The option chosen last: a "why" beside it explains it. */
  choice?: Choice
}

/** The place a value is for. */
export interface Slot {
  name: string
  description: string
  schema: Schema
}

export const scopeOf = (prompt: Prompt, root: Schema): Scope => {
  const deal = readDeal(prompt, 'colleague')
  // Without files the person's own words are the material.
  const facts = deal.facts.length
    ? deal.facts
    : readDocument({ name: 'the message', text: prompt.question }).facts
  return { prompt, deal, facts, root }
}

/** `nextSteps`, `next_steps` and "next steps" read alike. */
export const spoken = (name: string): string =>
  name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase()

/** Shortened to so many characters at the end of a sentence, else of a clause, else of a word. */
export const clip = (text: string, limit: number): string => {
  if (text.length <= limit) return text
  const cut = text.slice(0, limit + 1)
  for (const end of [/^[\s\S]*[.!?…](?=\s)/, /^[\s\S]*?[^\s,;:–-](?=[,;:]\s[^,;:]*$)/, /^[\s\S]*\S(?=\s)/]) {
    const kept = end.exec(cut)?.[0]
    if (kept && kept.length <= limit && kept.length >= limit / 3) return kept
  }
  return text.slice(0, limit).trimEnd()
}
