import { isObject, type Json } from '../../../shared/contract/json.ts'
import { best, overlap, subjects } from '../material/compare-words.ts'
import { findDates } from '../material/find-values.ts'
import type { Fact } from '../material/read-material.ts'
import { asClause } from '../material/split-sentences.ts'
import { type Topic, topicOf } from '../material/topics.ts'
import { concernsOf } from '../writing/deal-points.ts'
import { fillSlides, isAboutSlides } from './fill-slides.ts'
import { emptyValue, resolve, type Schema } from './schema-walk.ts'
import { clip, type Scope, type Slot, spoken } from './scope.ts'

type Fill = (slot: Slot, scope: Scope) => Json | undefined

/** A list of as many items as the material has and the schema allows. */
export const fillList = (slot: Slot, scope: Scope, fill: Fill): Json | undefined => {
  const { schema } = slot
  if (Array.isArray(schema.prefixItems))
    return schema.prefixItems.map(
      (each) =>
        fill({ name: slot.name, description: '', schema: each as Schema }, scope) ??
        emptyValue(each, scope.root),
    )
  const items = resolve(schema.items ?? { type: 'string' }, scope.root)
  const least = Number(schema.minItems ?? 0)
  const most = Number(schema.maxItems ?? Infinity)
  const found = isAboutSlides(slot, items)
    ? fillSlides(scope, items, Math.max(least, Math.min(6, most)), Math.min(most, 8))
    : findItems(slot, items, scope, fill)
  const unique = schema.uniqueItems
    ? found.filter(
        (value, at) => found.findIndex((each) => JSON.stringify(each) === JSON.stringify(value)) === at,
      )
    : found
  const kept = unique.slice(0, Math.min(most, 12))
  if (kept.length === 0 && least === 0) return schema.minItems === undefined && slot.name === '' ? [] : kept
  const missing = emptyValue(
    { ...schema, minItems: least, items: schema.items ?? { type: 'string' } },
    scope.root,
  ) as Json[]
  return kept.length >= least ? kept : [...kept, ...missing.slice(kept.length)]
}

const findItems = (slot: Slot, items: Schema, scope: Scope, fill: Fill): Json[] => {
  if (Array.isArray(items.enum)) return optionsMet(items.enum as Json[], scope)
  if (isObject(items.properties)) return objects(slot, items, scope, fill)
  if (items.type === 'string')
    return texts(slot, scope).map((text) => clip(text, Number(items.maxLength ?? Infinity)))
  return factsFor(slot, scope).flatMap(
    (fact) =>
      fill(
        { name: slot.name, description: slot.description, schema: items },
        { ...scope, facts: [fact], item: fact },
      ) ?? [],
  )
}

/** Every option that the material speaks of. */
const optionsMet = (options: Json[], { facts }: Scope): Json[] => {
  const text = facts.map((fact) => fact.text).join('\n')
  return options.filter((option) => typeof option === 'string' && overlap(option, text) > 0)
}

const texts = (slot: Slot, scope: Scope): string[] => {
  const name = spoken(slot.name)
  if (/suggestion|quick repl|follow ?up question/.test(name))
    return headings(scope)
      .slice(0, 3)
      .map((heading) => `Tell me about “${heading}”`)
  if (/people|person|contact|attendee|participant|names|stakeholder/.test(name))
    return scope.deal.people.map((person) => person.name)
  if (/\bdates?\b|deadlines/.test(name)) return scope.facts.flatMap((fact) => findDates(fact.text))
  if (/keyword|tags?\b/.test(name)) return headings(scope)
  if (/concern|objection/.test(name)) return concernsOf(scope.deal).map((concern) => concern.point)
  return factsFor(slot, scope).map((fact) => asClause(fact.text))
}

const headings = ({ facts }: Scope) => [...new Set(facts.map((fact) => fact.heading).filter(Boolean))]

/** Names for lists that headings use other words for. */
const alike: [RegExp, Topic][] = [
  [/goal|wish|requirement|need|want|ask/, 'wants'],
  [/step|promise|action|to ?do|commitment/, 'promises'],
  [/objection|concern|risk/, 'concerns'],
  [/pain|problem|challenge|situation/, 'situation'],
  [/feature|benefit|claim/, 'claims'],
  [/recommend/, 'advice'],
  [/number|figure|metric|kpi/, 'figures'],
]

const factsFor = (slot: Slot, { facts }: Scope): Fact[] => {
  const name = spoken(slot.name)
  const topic = alike.find(([pattern]) => pattern.test(name))?.[1] ?? topicOf(name)
  const ofTopic = topic ? facts.filter((fact) => fact.topic === topic) : []
  if (ofTopic.length) return ofTopic
  const about = subjects(`${name} ${slot.description}`)
  const near = facts
    .map((fact) => ({ fact, points: overlap(about, fact.subjects) + overlap(about, fact.heading) }))
    .filter(({ points }) => points > 0)
  if (near.length)
    return near
      .sort((a, b) => b.points - a.points)
      .slice(0, 6)
      .map(({ fact }) => fact)
  return /fact|point|item|bullet|highlight|key|finding|insight|note|result|section/.test(name) || name === ''
    ? facts.slice(0, 6)
    : []
}

/** People, the rows of a table, or an object about each fact. */
const objects = (slot: Slot, items: Schema, scope: Scope, fill: Fill): Json[] => {
  const name = spoken(slot.name)
  const properties = Object.keys(items.properties as Schema)
  if (/people|person|contact|attendee|participant|stakeholder/.test(name)) {
    return scope.deal.people.map((person) => {
      const known: Record<string, string | undefined> = {
        name: person.name,
        role: person.role,
        title: person.role,
        position: person.role,
        function: person.role,
      }
      return Object.fromEntries(
        properties.flatMap((key) =>
          (known[key] ?? ((items.required as string[]) ?? []).includes(key))
            ? [[key, known[key] ?? emptyValue((items.properties as Schema)[key], scope.root)]]
            : [],
        ),
      ) as Json
    })
  }
  const table = best(
    scope.deal.documents.flatMap((document) => document.tables),
    (each) =>
      overlap(name, `${each.head.join(' ')} ${each.heading}`) +
      (/price|plan/.test(name) && each === scope.deal.prices ? 2 : 0),
  )
  const about = table
    ? scope.facts.filter((fact) => fact.row && table.rows.some((row) => row[0] === fact.row!.label))
    : factsFor(slot, scope)
  return about.flatMap(
    (fact) =>
      fill({ name: slot.name, description: '', schema: items }, { ...scope, facts: [fact], item: fact }) ??
      [],
  )
}
