import type { Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { stepKindOf } from '../shared/contract/steps/index.ts'
import type { Noted } from './noted.ts'

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

/** What readers are told of a step that begins, by its cause. */
export const beginningOf = (step: AnyStep, path: string, key: string): Noted => ({
  event: 'stepStarted',
  key,
  ...faceOf(step, path),
  status: 'running',
})

/** What readers are told of a step that is done, with what it gave. */
export const completionOf = (step: AnyStep, path: string, key: string, output: Json | undefined): Noted => ({
  event: 'stepFinished',
  key,
  ...faceOf(step, path),
  status: 'completed',
  ...(output === undefined ? {} : { output }),
})
