import { z } from 'zod'

const PerMillion = z.number().min(0).max(1_000_000)

/** What a model costs, in one currency. */
const Price = z.strictObject({
  inputPerMillion: PerMillion,
  outputPerMillion: PerMillion,
  /** ISO 4217. */
  currency: z.string().regex(/^[A-Z]{3}$/, 'three capital letters, for example USD'),
})

/** By the name of the model, as it is configured or as the provider gives it. */
export const Prices = z.record(z.string().min(1).max(200), Price)
export type Prices = z.infer<typeof Prices>

export interface Cost {
  cost: number
  currency: string
}

interface Used {
  /** What the model is called: the provider's own name for it first, then the name it was asked for by. */
  names: (string | undefined)[]
  tokensIn: number
  tokensOut: number
}

/** What a call costs; undefined where no price is known, or the provider did not count the tokens. */
export function costOf(prices: Prices, { names, tokensIn, tokensOut }: Used): Cost | undefined {
  if (tokensIn + tokensOut === 0) return undefined
  for (const name of names) {
    const price = name === undefined ? undefined : priceOf(prices, name)
    if (!price) continue
    const cost = (tokensIn * price.inputPerMillion + tokensOut * price.outputPerMillion) / 1_000_000
    return { cost: Number(cost.toFixed(10)), currency: price.currency }
  }
  return undefined
}

/** Providers answer with the day of a model behind its name: `gpt-4.1-mini-2025-04-14` costs what `gpt-4.1-mini` does. */
const dated = /[-@]\d{4}[\d-]*$/

function priceOf(prices: Prices, name: string) {
  const found = [name, name.replace(dated, '')].find((one) => Object.hasOwn(prices, one))
  return found === undefined ? undefined : prices[found]
}
