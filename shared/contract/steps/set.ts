import { z } from 'zod'
import { JsonValue } from '../json.ts'
import { type StepKind, step } from '../step.ts'

export const VariableName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
    'a variable name starts with a letter and holds letters, digits and _',
  )

export const SetVariables = step('set', { variables: z.record(VariableName, JsonValue) })
export type SetVariables = z.infer<typeof SetVariables>

export const set = {
  schema: SetVariables,
  title: 'Set variables',
  weight: 0,
  flow: true,
  gives: false,
} satisfies StepKind<SetVariables>
