import type { AppWorld } from './app-world.ts'
import { type Definition, walkSteps } from './definition.ts'
import { costOf } from './prices.ts'
import type { AnyStep, Problem } from './step.ts'
import { stepKindOf } from './steps/index.ts'

/** What publish says of a definition's budget: one that limits nothing is refused, one that cannot count all is warned of. */
export function checkBudget(
  { budget, steps, type }: Definition,
  world: AppWorld,
): { errors: Problem[]; warnings: Problem[] } {
  if (!budget) return { errors: [], warnings: [] }
  if (budget.tokens === undefined && !budget.money)
    return {
      errors: [{ path: 'budget', message: 'say how much it is: "tokens", "money" or both' }],
      warnings: [],
    }
  const warnings: Problem[] = []
  if (budget.per === 'session' && type === 'output_focused')
    warnings.push({ path: 'budget.per', message: 'a run has no session: this is a budget per run' })
  const { currency } = budget.money ?? {}
  if (currency !== undefined && world.prices)
    for (const model of unpriced(
      [...walkSteps(steps)].map(({ step }) => step),
      currency,
      world,
    ))
      warnings.push({
        path: 'budget.money',
        message: `what “${model}” costs in ${currency} is not known, so its calls do not count as money: add its price to the operator's "prices"${budget.tokens === undefined ? ', or limit its tokens' : ''}`,
      })
  return { errors: [], warnings }
}

/** The models that its steps ask without a price in the currency. */
function unpriced(steps: AnyStep[], currency: string, { prices = {}, models = {} }: AppWorld): Set<string> {
  const asked = steps.flatMap((step) => {
    if (stepKindOf(step.type)?.ai) return ('model' in step && (step.model as string)) || (models.text ?? [])
    return step.type === 'image' && 'prompt' in step && step.prompt !== undefined ? (models.images ?? []) : []
  })
  return new Set(
    asked.filter(
      (name) => costOf(prices, { names: [name], tokensIn: 1, tokensOut: 1 })?.currency !== currency,
    ),
  )
}
