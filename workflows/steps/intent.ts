import type { Classified } from '../../activities/classify-intent.ts'
import type { JsonObject } from '../../shared/contract/json.ts'
import { memorySettingsOf } from '../../shared/contract/memory.ts'
import { type Intent, noIntent } from '../../shared/contract/steps/intent.ts'
import { model } from '../activities.ts'
import type { Runner } from './runner.ts'

export const runIntent: Runner<Intent> = async (step, run) => {
  const { value, label } = await run.once('classified', async () => {
    const extra = { memory: { ...memorySettingsOf(run.state.definition) } } as JsonObject
    const outcome = await run.perform(model(step).classifyIntent, { last: false, extra })
    return { value: outcome.value, ...(outcome.label ? { label: outcome.label } : {}) }
  })
  if (label) run.keep('label', label)
  run.remember(value)
  const index = step.intents.findIndex(({ name }) => name === value.intent)
  const taken = step.intents[index]
  const last = { gives: value }
  if (taken) await run.into(`intent${index}`, taken.steps, { last })
  else await run.into(noIntent, step.otherwise ?? [], { last })
  return value satisfies Classified
}
