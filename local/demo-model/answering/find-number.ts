import { overlap, subjects, words } from '../material/compare-words.ts'
import { currencyOf, findNumbers } from '../material/find-values.ts'
import type { Fact } from '../material/read-material.ts'
import type { Scope, Slot } from './scope.ts'
import { spoken } from './scope.ts'

const general =
  /\b(?:number|numbers|total|amount|value|count|figure|integer|how many|how much|in|of|per|the|as|currency|nok|eur|usd)\b/g

const ofMoney = /\b(?:amount|price|cost|costs|fee|sum|total|budget|refund|payment|money)\b/

/**
 * The number that stands nearest to the words of the place it is for: "38 depots" for `depots`, the row "Budget" for
 * `budget`; where an amount of money is wanted, one with its currency: "180.50 EUR". Whoever speaks with an agent is
 * listened to before what is known is looked through.
 */
export const findNumber = (slot: Slot, scope: Scope): number | undefined => {
  if (/^(?:confidence|score|certainty|probability)$/i.test(slot.name)) return scope.choice?.confidence ?? 0.5
  const { prompt, item, facts } = scope
  const said = prompt.task === 'agent' && !item ? prompt.question.split('\n').map((text) => ({ text })) : []
  return nearestNumber(slot, said, false) ?? nearestNumber(slot, facts, item !== undefined)
}

const nearestNumber = (
  slot: Slot,
  facts: readonly Pick<Fact, 'text' | 'row'>[],
  isItem: boolean,
): number | undefined => {
  const name = subjects(spoken(slot.name).replace(general, ' '))
  const described = subjects(slot.description.toLowerCase().replace(general, ' '))
  const near = (text: string) => overlap(name, text) * 3 + overlap(described, text)
  const about = `${spoken(slot.name)} ${slot.description}`.toLowerCase()
  const wanted = currencyOf(about)
  const isMoney = ofMoney.test(about) || wanted !== undefined
  let found: number | undefined
  let highest = 0
  for (const fact of facts) {
    const numbers = findNumbers(fact.text)
    for (const { at, end, value, currency } of numbers) {
      if (wanted && currency && currency !== wanted) continue
      const after = words(fact.text.slice(end)).slice(0, 3).join(' ')
      const before = words(fact.text.slice(0, at)).slice(-4).join(' ')
      const label = fact.row ? near(fact.row.label) * 2 : 0
      const money = isMoney && currency ? 0.5 : 0
      const points = near(after) * 2 + near(before) + near(fact.text) + label + money
      // A single figure in the item that a list is made of needs no further sign.
      const enough = points || (isItem && numbers.length === 1 ? 0.5 : 0)
      if (enough > highest) [found, highest] = [value, enough]
    }
  }
  return found
}
