import type { Person } from '../contract/person.ts'

interface DescribedRun {
  workflowId: string
  workflowName: string
  version: number
  instanceUuid: string
  startedBy?: Person | null | undefined
}

/** What operators read about a run in the Temporal UI: names of ours and builders', ids; no word that a user wrote. */
export const describeRun = ({
  workflowId,
  workflowName,
  version,
  instanceUuid,
  startedBy,
}: DescribedRun) => ({
  summary: `Run of ${workflowName} v${version}`,
  details: [
    `**${workflowName}**, version ${version}`,
    `Workflow \`${workflowId}\``,
    `Instance \`${instanceUuid}\``,
    ...(startedBy ? [`Started by user \`${startedBy.userId}\``] : []),
  ].join('\n\n'),
})
