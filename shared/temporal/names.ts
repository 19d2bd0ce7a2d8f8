import { defineSearchAttributeKey, type SearchAttributeType } from '@temporalio/common'

export const taskQueue = 'parley'

export const runWorkflowId = (workspaceId: string, instanceUuid: string) =>
  `ws:${workspaceId}:run:${instanceUuid}`

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
