import type { Json } from '../../shared/contract/json.ts'
import { oneLine } from '../screen/plain.ts'
import type { Asker } from './dialogue.ts'

interface Field {
  type?: string
  title?: string
  description?: string
  enum?: Json[]
}

/** A form, field by field. What it may hold the server checks as a whole. */
export const askForm: Asker<'form'> = async ({ message, signal, kind }, { prompts, screen }) => {
  const fields = Object.entries((kind.schema.properties ?? {}) as Record<string, Field>)
  const required = new Set(Array.isArray(kind.schema.required) ? kind.schema.required : [])
  screen.say(message)
  const value: Record<string, Json> = {}
  for (const [name, field] of fields) {
    const label = oneLine([field.title ?? name, field.description].filter(Boolean).join(': '))
    if (field.enum) {
      const choices = field.enum.map((one) => ({ value: one, label: oneLine(String(one)) }))
      value[name] = await prompts.select<Json>({ message: label, signal, choices })
      continue
    }
    if (field.type === 'boolean') {
      value[name] = await prompts.confirm({ message: label, signal })
      continue
    }
    const missing = (typed: string) =>
      typed.trim() === '' && required.has(name) ? 'This one is needed.' : undefined
    const typed = await prompts.text({
      message: label,
      signal,
      placeholder: required.has(name) ? '' : 'may be left empty',
      refuse: missing,
    })
    if (typed.trim() !== '') value[name] = read(typed, field.type)
  }
  return { value }
}

/** A field's value from what was typed. What does not read is sent as it is, for the server to refuse with its reason. */
function read(typed: string, type: string | undefined): Json {
  if (type === undefined || type === 'string') return typed
  try {
    return JSON.parse(typed) as Json
  } catch {
    return typed
  }
}
