import type { AnyStep } from '../../shared/contract/step.ts'
import type { StepType } from '../../shared/contract/steps/index.ts'
import { fail } from '../../shared/temporal/failure.ts'
import { runAgent } from './agent.ts'
import { runApproval } from './approval.ts'
import { runAsk } from './ask.ts'
import { runBranch } from './branch.ts'
import { runDeliver } from './deliver.ts'
import { runDocument } from './document.ts'
import { runDraft } from './draft.ts'
import { runEach } from './each.ts'
import { runEnd } from './end.ts'
import { runExtract } from './extract.ts'
import { runImage } from './image.ts'
import { runIntent } from './intent.ts'
import { runMessage } from './message.ts'
import { runNavigate } from './navigate.ts'
import { runNotify } from './notify.ts'
import { runParallel } from './parallel.ts'
import { runRepeat } from './repeat.ts'
import { runReview } from './review.ts'
import { runRoute } from './route.ts'
import type { Runner } from './runner.ts'
import { runSearch } from './search.ts'
import { runSet } from './set.ts'
import { runSubworkflow } from './subworkflow.ts'
import { runTool } from './tool.ts'
import { runWait } from './wait.ts'

/** One runner per step type: complete by type, so a kind without a runner does not compile. */
// biome-ignore lint/suspicious/noExplicitAny: each runner takes its own step shape
type Runners = Record<StepType, Runner<any>>

const runners = {
  message: runMessage,
  ask: runAsk,
  approval: runApproval,
  route: runRoute,
  agent: runAgent,
  intent: runIntent,
  draft: runDraft,
  review: runReview,
  branch: runBranch,
  each: runEach,
  repeat: runRepeat,
  parallel: runParallel,
  wait: runWait,
  subworkflow: runSubworkflow,
  search: runSearch,
  tool: runTool,
  set: runSet,
  extract: runExtract,
  document: runDocument,
  image: runImage,
  deliver: runDeliver,
  notify: runNotify,
  navigate: runNavigate,
  end: runEnd,
} satisfies Runners

export function runnerOf(type: string): Runner<AnyStep> {
  if (!Object.hasOwn(runners, type))
    throw fail(
      'InvalidDefinition',
      `Steps of type "${type}" cannot run: publish the workflow again without them.`,
    )
  return runners[type as StepType] as Runner<AnyStep>
}
