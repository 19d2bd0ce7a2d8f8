import type { Classified } from '../../activities/classify-intent.ts'
import type { JsonObject } from '../../shared/contract/json.ts'
import { memorySettingsOf } from '../../shared/contract/memory.ts'
import { type Intent, noIntent } from '../../shared/contract/steps/intent.ts'
import { modelAndNext } from '../activities.ts'
import type { WayOn } from '../ahead.ts'
import type { Runner } from './runner.ts'

export const runIntent: Runner<Intent> = async (step, run) => {
  const ways = waysOf(step)
  const { value, label } = await run.once('classified', async () => {
    const extra = { memory: { ...memorySettingsOf(run.state.definition) } } as JsonObject
    const outcome = await run.perform(modelAndNext(step).classifyIntent, {
      last: false,
      extra,
      foreseen: await run.foresee(ways),
    })
    return { value: outcome.value, ...(outcome.label ? { label: outcome.label } : {}) }
  })
  if (label) run.keep('label', label)
  run.remember(value)
  const { arm, steps } = ways[value.intent] ?? { arm: noIntent, steps: step.otherwise ?? [] }
  await run.into(arm, steps, { last: { gives: value } })
  return value satisfies Classified
}

/** Where each intent leads. How sure the model is of it nobody knows before. */
const waysOf = ({ intents, otherwise = [] }: Intent): Record<string, WayOn> =>
  Object.fromEntries(
    [
      ...intents.map(({ name, steps }, index) => ({ name, arm: `intent${index}`, steps })),
      { name: noIntent, arm: noIntent, steps: otherwise },
    ].map(({ name, ...way }) => [name, { ...way, gives: { intent: name, confidence: 0 } }]),
  )
