import { z } from 'zod'
import {
  accept,
  came,
  cut,
  isTooLong,
  type KindOfAnswer,
  misfit,
  type Reading,
  refuse,
  storable,
} from './reading.ts'
import { type NamedOption, namedOptions } from './words/options.ts'
import { findEach, findOptions, type Several } from './words/several-options.ts'

const Option = z.strictObject({ value: z.string().min(1).max(200), label: z.string().min(1).max(500) })
const SHOWN_OPTIONS = 10
const MOST_ITEMS = 200

/** Without `strict` a free text is an answer too, given as it is; with `multiple` the value is a list. */
export const ChoiceAnswer = z
  .strictObject({
    type: z.literal('choice'),
    options: z.array(Option).min(1).max(200),
    multiple: z.boolean().optional(),
    strict: z.boolean().optional(),
  })
  .superRefine(({ options }, context) => {
    const seen = new Set<string>()
    for (const [index, { value }] of options.entries()) {
      if (seen.has(value))
        context.addIssue({
          code: 'custom',
          path: ['options', index, 'value'],
          message: `Two options have the value "${value}"; each needs its own.`,
        })
      seen.add(value)
    }
  })
export type ChoiceAnswer = z.infer<typeof ChoiceAnswer>

const labels = (options: { label: string }[]) => options.map(({ label }) => cut(label))
/** A label may hold a comma itself. */
const listed = (names: string[]) => names.join(names.some((name) => name.includes(',')) ? '; ' : ', ')

function please({ options, multiple }: ChoiceAnswer): string {
  const shown = listed(labels(options.slice(0, SHOWN_OPTIONS)))
  const more = options.length > SHOWN_OPTIONS ? ` … (${options.length - SHOWN_OPTIONS} more)` : ''
  const example = `“${cut(options[0]?.label ?? '')}” or “${multiple ? 'the first and the last' : 'the first one'}”`
  return `Please choose ${multiple ? 'from' : 'one of'}: ${shown}${more}, for example ${example}.`
}

/** Answers that name options and nothing that has to be asked about; a free text only where one may be given. */
function settle(given: unknown, found: Several, kind: ChoiceAnswer): Reading<string[]> {
  if (found.unclear) {
    const candidates = labels(found.unclear.candidates.slice(0, SHOWN_OPTIONS).map(({ option }) => option))
    return refuse(
      `${came(found.unclear.said)} may mean ${candidates.join(' or ')}. Please say which one, for example “${candidates[0]}”.`,
    )
  }
  if (found.problem !== undefined) return misfit(given, found.problem, please(kind))
  const [other] = found.others
  const isWords =
    typeof given === 'string' || (Array.isArray(given) && given.every((item) => typeof item === 'string'))
  if (other !== undefined && (kind.strict || !isWords))
    return misfit(other, 'is not one of the choices', please(kind))
  const values = [...found.options.map(({ option }) => option.value), ...found.others]
  return values.length > 0 ? accept(values) : misfit(given, 'names no choice', please(kind))
}

function find(given: unknown, kind: ChoiceAnswer, options: NamedOption[]): Reading<string[]> {
  const items = Array.isArray(given) ? given : [given]
  if (items.length > MOST_ITEMS) return misfit(given, `has ${items.length} items`, please(kind))
  const texts = items.flatMap((item) =>
    ['string', 'number', 'boolean'].includes(typeof item) ? [String(item)] : [],
  )
  if (texts.length < items.length || texts.length === 0) return misfit(given, 'is not a choice', please(kind))
  if (texts.some(isTooLong)) return misfit(texts.find(isTooLong), 'is too long', please(kind))
  // A value that was read before, or sent by a client, is itself before it is words.
  const words = texts.map((text) =>
    kind.options.some(({ value }) => value === text) ? text : storable(text),
  )
  if (words.includes('')) return misfit('', 'is not a choice', please(kind))
  const isList = Array.isArray(given) && kind.multiple
  const strict = kind.strict ?? false
  const found = isList ? findEach(words, options, strict) : findOptions(words[0] ?? '', options, strict)
  return settle(given, found, kind)
}

export const choice: KindOfAnswer<ChoiceAnswer, string | string[]> = {
  read(given, kind) {
    const one = !kind.multiple && Array.isArray(given) && given.length === 1 ? given[0] : given
    if (!kind.multiple && Array.isArray(one)) return misfit(one, 'is not one choice', please(kind))
    const options = namedOptions(kind.options)
    const found = find(one, kind, options)
    if (!found.ok || kind.multiple) return found
    const [value] = found.value
    if (found.value.length === 1 && value !== undefined) return accept(value)
    const isMixed = found.value.some((said) => !kind.options.some((option) => option.value === said))
    // A sentence in which an option occurs is a text of its own; several options are one too many.
    if (isMixed && typeof one === 'string') return accept(storable(one))
    return misfit(one, 'names more than one choice', please(kind))
  },
  describe(value, kind) {
    const names = new Map(kind.options.map(({ value: own, label }) => [own, label]))
    return listed([value].flat().map((own) => names.get(own) ?? own))
  },
}
