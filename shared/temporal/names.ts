import { defineSearchAttributeKey, type SearchAttributeType } from '@temporalio/common'

export const taskQueue = 'parley'
/** For making files, which takes long and much processor time: a backlog there delays no conversation. */
export const mediaQueue = 'parley-media'

export const runWorkflowId = (workspaceId: string, instanceUuid: string) =>
  `ws:${workspaceId}:run:${instanceUuid}`

export const sessionWorkflowId = (workspaceId: string, chatSessionId: string) =>
  `ws:${workspaceId}:session:${chatSessionId}`

/** A schedule's firing has the schedule's id for `jobId`, and Temporal adds the time. */
export const jobWorkflowId = (workspaceId: string, jobId: string) => `ws:${workspaceId}:job:${jobId}`

/** Each ingestion of a document is a job of its own. */
export const ingestWorkflowId = (workspaceId: string, documentId: string, generation: number) =>
  jobWorkflowId(workspaceId, `${documentId}.${generation}`)

/** Of a schedule as Temporal knows it. */
export const temporalScheduleId = (workspaceId: string, scheduleId: string) =>
  `ws:${workspaceId}:schedule:${scheduleId}`

const idText = /^ws:([0-9a-f-]{36}):[A-Za-z0-9:.-]{1,120}$/

/** The workspace that a workflow's id names; undefined where it is none of ours. */
export const workspaceOf = (temporalWorkflowId: string | undefined): string | undefined =>
  idText.exec(temporalWorkflowId ?? '')?.[1]

/** The run that a workflow's id names; undefined where it names something else. */
export const instanceOf = (temporalWorkflowId: string): string | undefined =>
  /^ws:[0-9a-f-]{36}:run:([0-9a-f-]{36})$/.exec(temporalWorkflowId)?.[1]

/** Whether a workflow's id names a conversation. */
export const isSession = (temporalWorkflowId: string): boolean =>
  /^ws:[0-9a-f-]{36}:session:/.test(temporalWorkflowId)

/** What operators filter by in the Temporal UI. Ids and states only: never a word that a person wrote. */
export const searchAttributes = {
  workspace: defineSearchAttributeKey('ParleyWorkspace', 'KEYWORD' as typeof SearchAttributeType.KEYWORD),
  app: defineSearchAttributeKey('ParleyApp', 'KEYWORD' as typeof SearchAttributeType.KEYWORD),
  definition: defineSearchAttributeKey('ParleyDefinition', 'KEYWORD' as typeof SearchAttributeType.KEYWORD),
  version: defineSearchAttributeKey('ParleyVersion', 'INT' as typeof SearchAttributeType.INT),
  channel: defineSearchAttributeKey('ParleyChannel', 'KEYWORD' as typeof SearchAttributeType.KEYWORD),
  status: defineSearchAttributeKey('ParleyStatus', 'KEYWORD' as typeof SearchAttributeType.KEYWORD),
  waitingSince: defineSearchAttributeKey(
    'ParleyWaitingSince',
    'DATETIME' as typeof SearchAttributeType.DATETIME,
  ),
}
