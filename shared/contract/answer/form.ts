import { z } from 'zod'
import { accept, isObject, type KindOfAnswer, misfit } from './reading.ts'

/** In the language, without a reader of its own yet: the schema is kept, the answer only has to be an object. */
export const FormAnswer = z.strictObject({ type: z.literal('form'), schema: z.record(z.string(), z.json()) })
export type FormAnswer = z.infer<typeof FormAnswer>

const shown = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

export const form: KindOfAnswer<FormAnswer, Record<string, unknown>> = {
  read: (given) =>
    isObject(given)
      ? accept(given)
      : misfit(given, 'is not a filled-in form', 'Please fill in the fields, for example { "name": "Ann" }.'),
  describe: (value) =>
    Object.entries(value)
      .map(([field, content]) => `${field}: ${shown(content)}`)
      .join(', '),
}
