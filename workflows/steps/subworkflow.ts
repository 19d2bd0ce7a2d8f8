import { uuid4 } from '@temporalio/workflow'
import type { Json } from '../../shared/contract/json.ts'
import type { Subworkflow } from '../../shared/contract/steps/subworkflow.ts'
import { callRun } from '../call-run.ts'
import type { Runner } from './runner.ts'

/** Runs another workflow of the app and gives its output. */
export const runSubworkflow: Runner<Subworkflow> = async (step, run) =>
  callRun(
    {
      kind: 'subworkflow',
      workflowId: step.workflowId,
      instanceUuid: await run.once('instanceUuid', () => uuid4()),
      input: run.render((step.input ?? {}) as Json),
      summary: `subworkflow ${step.id}`,
    },
    run,
  )
