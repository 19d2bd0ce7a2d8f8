import { costOf } from '../../shared/contract/prices.ts'

const prices = {
  'gpt-4.1': { inputPerMillion: 2, outputPerMillion: 8, currency: 'USD' },
  'gpt-4.1-mini': { inputPerMillion: 0.4, outputPerMillion: 1.6, currency: 'USD' },
}
const cost = (...names: (string | undefined)[]) => costOf(prices, { names, tokensIn: 1_000, tokensOut: 500 })

test('a call costs its tokens by the price of its model', () => {
  expect(cost('gpt-4.1')).toEqual({ cost: 0.006, currency: 'USD' })
  expect(cost('gpt-4.1-mini')).toEqual({ cost: 0.0012, currency: 'USD' })
})

test('a model that answers with its day costs the same, and is never taken for another one', () => {
  expect(cost('gpt-4.1-mini-2025-04-14')).toEqual({ cost: 0.0012, currency: 'USD' })
  expect(cost('gpt-4.1-nano')).toBeUndefined()
  expect(cost('gpt-4.1-preview-2025-04-14')).toBeUndefined()
})

test('where the provider calls it otherwise, the name that it was asked for by counts', () => {
  expect(cost('deployment-7', 'gpt-4.1')).toEqual({ cost: 0.006, currency: 'USD' })
})

test('without a price, or without counted tokens, nothing is said of the cost', () => {
  expect(cost('other', undefined)).toBeUndefined()
  expect(cost('constructor')).toBeUndefined()
  expect(costOf(prices, { names: ['gpt-4.1'], tokensIn: 0, tokensOut: 0 })).toBeUndefined()
})

test('sums do not carry the dust of binary fractions', () => {
  const dust = { m: { inputPerMillion: 0.1, outputPerMillion: 0.2, currency: 'EUR' } }
  expect(costOf(dust, { names: ['m'], tokensIn: 1_000_000, tokensOut: 1_000_000 })?.cost).toBe(0.3)
})
