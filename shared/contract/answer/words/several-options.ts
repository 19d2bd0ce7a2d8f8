import { listParts } from './list-parts.ts'
import { findOption, namedInFull } from './one-option.ts'
import { groupIn } from './option-group.ts'
import type { NamedOption } from './options.ts'

type Unclear = { said: string; candidates: NamedOption[] }

/** What an answer names: options in their order, texts that are none, and what keeps it from being read. */
export type Several = {
  options: NamedOption[]
  others: string[]
  unclear?: Unclear | undefined
  problem?: string | undefined
}

/** What words mean that may name several options. */
export function findOptions(text: string, options: NamedOption[], strict: boolean): Several {
  const named = namedInFull(text, options)
  if (named.length === 1) return { options: named, others: [] }
  const told = strict ? withoutReason(text) : text
  const group = groupIn(told, options)
  if (group && 'problem' in group) return { options: [], others: [], problem: group.problem }
  if (group?.except !== undefined) return allBut(group.except, text, options)
  if (group) return { options: group.options, others: [] }
  const each = findEach(listParts(told, options), options, strict)
  // No part is an option: then the whole may be one, or is a text with commas.
  return each.options.length > 0 || each.unclear || each.problem ? each : findEach([told], options, strict)
}

/** "Fleet, because we have many vans": the reason names no option, whatever words it holds. */
const withoutReason = (text: string) => text.split(/\s(?:because|since)\s/i)[0] ?? text

function allBut(except: string, text: string, options: NamedOption[]): Several {
  const group = groupIn(except, options)
  const isGroup = group && 'options' in group && group.except === undefined
  const left: Several = isGroup
    ? { options: group.options, others: [] }
    : findEach(listParts(except, options), options, true)
  if (left.unclear) return left
  if (left.options.length === 0 || left.others.length > 0 || left.problem !== undefined)
    return { options: [], others: [text] }
  const kept = options.filter((option) => !left.options.includes(option))
  return kept.length > 0
    ? { options: kept, others: [] }
    : { options: [], others: [], problem: 'leaves no choice' }
}

/** What each item of a list means by itself. */
export function findEach(items: string[], options: NamedOption[], strict: boolean): Several {
  const chosen = new Set<NamedOption>()
  const others = new Set<string>()
  const unclear: Unclear[] = []
  let problem: string | undefined
  for (const said of items) {
    const found = findOption(said, options, strict)
    const [first] = found.options
    if (found.outside) problem ??= `names a place that a list of ${options.length} does not have`
    else if (found.options.length > 1) unclear.push({ said, candidates: found.options })
    else if (first) chosen.add(first)
    else others.add(said)
  }
  const named = options.filter((option) => chosen.has(option))
  // In a text of one's own a word that two options share asks for nothing.
  if (!strict && others.size > 0)
    return { problem, options: named, others: [...others, ...unclear.map(({ said }) => said)] }
  return { problem, unclear: unclear[0], options: named, others: [...others] }
}
