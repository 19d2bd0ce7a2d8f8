import { overlap, subjects, words } from '../material/compare-words.ts'
import { findNumbers } from '../material/find-values.ts'
import type { Scope, Slot } from './scope.ts'
import { spoken } from './scope.ts'

const general =
  /\b(?:number|numbers|total|amount|value|count|figure|integer|how many|how much|in|of|per|the|as|currency|nok|eur|usd)\b/g

/** The number that stands nearest to the words of the place it is for: "38 depots" for `depots`, the row "Budget" for `budget`. */
export const findNumber = (slot: Slot, scope: Scope): number | undefined => {
  if (/^(?:confidence|score|certainty|probability)$/i.test(slot.name)) return scope.choice?.confidence ?? 0.5
  const name = subjects(spoken(slot.name).replace(general, ' '))
  const described = subjects(slot.description.toLowerCase().replace(general, ' '))
  const near = (text: string) => overlap(name, text) * 3 + overlap(described, text)
  let found: number | undefined
  let highest = 0
  for (const fact of scope.facts) {
    for (const { at, end, value } of findNumbers(fact.text)) {
      const after = words(fact.text.slice(end)).slice(0, 3).join(' ')
      const before = words(fact.text.slice(0, at)).slice(-4).join(' ')
      const label = fact.row ? near(fact.row.label) * 2 : 0
      const points = near(after) * 2 + near(before) + near(fact.text) + label
      // A single figure in the item that a list is made of needs no further sign.
      const enough = points || (scope.item && findNumbers(fact.text).length === 1 ? 0.5 : 0)
      if (enough > highest) [found, highest] = [value, enough]
    }
  }
  return found
}
