import { z } from 'zod'
import { JsonValue } from '../json.ts'
import { type StepKind, step } from '../step.ts'

export const Subworkflow = step('subworkflow', {
  /** An output-focused workflow of the same app: its newest published version runs. */
  workflowId: z.uuid().toLowerCase(),
  input: JsonValue.optional(),
})
export type Subworkflow = z.infer<typeof Subworkflow>

export const subworkflow = {
  schema: Subworkflow,
  title: 'Run another workflow',
  weight: 8,
  verbatim: ['workflowId'],
  check: ({ id, workflowId }, { world }) => {
    const found = world.workflows?.[workflowId]
    const say = (message: string, warning = false) => [{ stepId: id, path: 'workflowId', message, warning }]
    if (found?.type === 'chat_driven')
      return say(`“${found.name}” is chat-driven: only an output-focused workflow can be called`)
    // It is taken in its newest version when it is called, and may be published until then.
    if (world.workflows && !found)
      return say(`this app has no published workflow ${workflowId}: publish it before this one runs`, true)
    return []
  },
} satisfies StepKind<Subworkflow>
