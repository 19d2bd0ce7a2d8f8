import { isObject, type Json } from '../../../shared/contract/json.ts'
import { best, overlap, subjects } from '../material/compare-words.ts'
import { findDates, toIsoDate } from '../material/find-values.ts'
import type { Prompt } from '../prompt/read-prompt.ts'
import { fill } from './fill-schema.ts'
import { resolve, type Schema, typesOf } from './schema-walk.ts'
import { type Scope, type Slot, scopeOf, spoken } from './scope.ts'

/** How the description of a moment ends: what stands in brackets there is its form, not what it is about. */
const momentForm = /\s*\(ISO 8601[^)]*\)$/

/** What is known by its form, by the names that ask for it. */
const forms: [name: RegExp, form: RegExp][] = [
  [/\be ?mail\b/, /[\w.+-]+@[\w-]+\.[\w.-]*\w/],
  [/\b(?:phone|mobile|telephone)\b/, /(?<![\d-])(?!\d{4}-\d{2}-\d{2})\+?\(?\d[\d ()/-]{6,}\d/],
]

/** `Task: extract`: what the material says of each property, by the words of its name and description; else null. */
export const extractValues = (schema: Schema, prompt: Prompt): Json => {
  const root = resolve(schema, schema)
  const scope = scopeOf(prompt, root)
  const properties = isObject(root.properties) ? root.properties : {}
  return Object.fromEntries(
    Object.entries(properties).map(([name, given]) => {
      const property = resolve(given, root)
      const said = String(property.description ?? '')
      const slot = { name, schema: property, description: said.replace(momentForm, '') }
      const form = forms.find(([asked]) => asked.test(spoken(name)))?.[1]
      const found = momentForm.test(said)
        ? findMoment(slot, scope)
        : form && typesOf(property).includes('string')
          ? scope.facts.map(({ text }) => form.exec(text)?.[0]).find(Boolean)
          : fill(slot, scope)
      return [name, found ?? null]
    }),
  )
}

/** The date in the sentence that speaks of it, with the time of day that stands there too. */
const findMoment = ({ name, description }: Slot, { facts, deal }: Scope): string | undefined => {
  const about = subjects(
    `${spoken(name)} ${description}`.replace(/\b(?:date|day|time|when|at|moment)\b/gi, ' '),
  )
  const fact = best(
    facts.filter(({ text }) => findDates(text).length > 0),
    ({ text, row }) => overlap(about, `${text} ${row?.label ?? ''}`) + (about.size === 0 ? 0.5 : 0),
  )
  const date = fact && findDates(fact.text)[0]
  if (!date) return undefined
  const time = /\b([01]?\d|2[0-3]):([0-5]\d)\b/.exec(fact.text)
  const day = toIsoDate(date, deal.since) ?? date
  return time ? `${day} ${time[1]?.padStart(2, '0')}:${time[2]}` : day
}
