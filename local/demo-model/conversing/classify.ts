import { isObject, type Json } from '../../../shared/contract/json.ts'
import { chooseOption } from '../answering/choose-option.ts'
import type { Prompt } from '../prompt/read-prompt.ts'
import { askedBefore } from './read-agent.ts'

/** The intent whose name, description or examples have most words in common with the text. */
export const classify = (schema: Record<string, unknown>, prompt: Prompt): Json | undefined => {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const options = isObject(properties.intent) ? properties.intent.enum : undefined
  const text = prompt.tagged.get('text')
  if (!Array.isArray(options) || text === undefined) return undefined
  const whole = [askedBefore(prompt.system) ?? [], text].flat().join('\n')
  const { value, confidence } = chooseOption(options.map(String), whole, prompt)
  return { intent: value, confidence }
}
