import type { AnyStep } from '../shared/contract/step.ts'
import { stepKindOf } from '../shared/contract/steps/index.ts'

/** A title made of placeholders would show people's words where none may be: the kind's own stands in. */
export const titleOf = (step: AnyStep): string =>
  step.title !== undefined && !step.title.includes('${')
    ? step.title
    : (stepKindOf(step.type)?.title ?? step.type)

/** How a step is named in journal entries. */
export const faceOf = (step: AnyStep, path: string) => ({
  path,
  stepId: step.id,
  title: titleOf(step),
  type: step.type,
})
