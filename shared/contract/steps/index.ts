import type { StepKind } from '../step.ts'
import { agent } from './agent.ts'
import { approval } from './approval.ts'
import { ask } from './ask.ts'
import { branch } from './branch.ts'
import { deliver } from './deliver.ts'
import { document } from './document.ts'
import { draft } from './draft.ts'
import { each } from './each.ts'
import { end } from './end.ts'
import { extract } from './extract.ts'
import { image } from './image.ts'
import { intent } from './intent.ts'
import { message } from './message.ts'
import { navigate } from './navigate.ts'
import { notify } from './notify.ts'
import { parallel } from './parallel.ts'
import { repeat } from './repeat.ts'
import { review } from './review.ts'
import { route } from './route.ts'
import { search } from './search.ts'
import { set } from './set.ts'
import { subworkflow } from './subworkflow.ts'
import { tool } from './tool.ts'
import { wait } from './wait.ts'

/** Every step type there is, by its name in a definition. Adding one is a line here and in `workflows/steps`. */
export const kinds = {
  message,
  ask,
  approval,
  route,
  agent,
  intent,
  draft,
  review,
  branch,
  each,
  repeat,
  parallel,
  wait,
  search,
  tool,
  set,
  subworkflow,
  extract,
  document,
  image,
  deliver,
  notify,
  navigate,
  end,
} satisfies Record<string, StepKind>

export type StepType = keyof typeof kinds

export const stepKindOf = (type: string): StepKind | undefined =>
  Object.hasOwn(kinds, type) ? (kinds as Record<string, StepKind>)[type] : undefined

/** Types of the format that have no runner yet: a draft may hold them, publish refuses them by name. */
export const plannedTypes: ReadonlySet<string> = new Set(`voice avatar video`.split(' '))
