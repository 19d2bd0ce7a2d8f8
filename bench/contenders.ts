import type { Client } from '@temporalio/client'
import { connectRuns } from '../client/temporal.ts'
import { embedded } from '../shared/contract/api/embedded.ts'
import { runWorkflowId, searchAttributes } from '../shared/temporal/names.ts'
import { floorQueue, type LetterInput } from './floor/orders.ts'
import { topic } from './guided.ts'

const { workspaceId, appId, admin } = embedded
const by = { ...admin, roles: [...admin.roles] }

/** One of the two that do the same run, and what people do to it. */
export interface Contender {
  start(instanceUuid: string): Promise<unknown>
  answer(instanceUuid: string): Promise<unknown>
  decide(instanceUuid: string): Promise<unknown>
}

/** Parley, as a backend service uses it. */
export function interpreted(client: Client, workflowId: string): Contender {
  const runs = connectRuns({ client, workspaceId, appId })
  return {
    start: (instanceUuid) => runs.startRun({ instanceUuid, workflowId, startedBy: by }),
    answer: (instanceUuid) => runs.answer(instanceUuid, { value: topic, by }),
    decide: (instanceUuid) => runs.decide(instanceUuid, { decision: 'approve', by }),
  }
}

/** The hand-written workflow, with the same three calls. */
export function handWritten(client: Client, workflowId: string): Contender {
  const handle = (instanceUuid: string) => client.workflow.getHandle(runWorkflowId(workspaceId, instanceUuid))
  return {
    start: (instanceUuid) =>
      client.workflow.start<(input: LetterInput) => Promise<unknown>>('letter', {
        workflowId: runWorkflowId(workspaceId, instanceUuid),
        taskQueue: floorQueue,
        args: [{ workspaceId, appId, workflowId, instanceUuid, startedBy: by }],
        typedSearchAttributes: [
          { key: searchAttributes.workspace, value: workspaceId },
          { key: searchAttributes.app, value: appId },
          { key: searchAttributes.definition, value: workflowId },
        ],
      }),
    answer: (instanceUuid) => handle(instanceUuid).executeUpdate('answer', { args: [{ value: topic, by }] }),
    decide: (instanceUuid) =>
      handle(instanceUuid).executeUpdate('decide', { args: [{ decision: 'approve', by }] }),
  }
}
