import type { Client } from '@temporalio/client'
import type { JobOf } from '../shared/contract/job.ts'
import { isStartedBefore } from '../shared/temporal/failure.ts'
import { fairTo } from '../shared/temporal/fairness.ts'
import { ingestWorkflowId, jobWorkflowId, taskQueue } from '../shared/temporal/names.ts'

/** A job that was started. */
export interface StartedJob {
  /** Resolves when it is done. Throws a `WorkflowFailedError` when it failed. */
  done(): Promise<void>
}

export interface ParleyJobs {
  /** Has a worker ask an MCP server for its tools. Who asks while it is asked waits for the same answer. */
  startListTools(mcpServerId: string): Promise<StartedJob>
  /** Has a worker ingest a document, once for each generation, however often it is asked for. */
  startIngest(document: { documentId: string; generation: number }): Promise<void>
}

/** Durable work beside the runs, for who waits for its end. */
export const connectJobs = ({
  client,
  workspaceId,
  appId,
}: {
  client: Client
  workspaceId: string
  appId: string
}): ParleyJobs => ({
  async startListTools(mcpServerId) {
    const job: JobOf<'listTools'> = { kind: 'listTools', workspaceId, appId, mcpServerId }
    const handle = await client.workflow.start('job', {
      workflowId: jobWorkflowId(workspaceId, mcpServerId),
      taskQueue,
      args: [job],
      workflowIdConflictPolicy: 'USE_EXISTING',
      // Where no worker is there to do it, nobody waits for it any more by then.
      workflowExecutionTimeout: '5 minutes',
      staticSummary: 'list the tools of an MCP server',
      ...fairTo(workspaceId),
    })
    return { done: () => handle.result().then(() => {}) }
  },
  async startIngest({ documentId, generation }) {
    const job: JobOf<'ingest'> = { kind: 'ingest', workspaceId, appId, documentId, generation }
    try {
      await client.workflow.start('job', {
        workflowId: ingestWorkflowId(workspaceId, documentId, generation),
        taskQueue,
        args: [job],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        staticSummary: 'ingest a document',
        ...fairTo(workspaceId),
      })
    } catch (error) {
      if (!isStartedBefore(error)) throw error
    }
  },
})
