import type { Person } from '../contract/person.ts'

interface DescribedSession {
  workflowId: string
  workflowName: string
  chatSessionId: string
  startedBy?: Person | null | undefined
}

/** What operators read about a conversation in the Temporal UI: names of builders', ids; no word that a user wrote. */
export const describeSession = ({
  workflowId,
  workflowName,
  chatSessionId,
  startedBy,
}: DescribedSession) => ({
  summary: `Conversation of ${workflowName}`,
  details: [
    `**${workflowName}**`,
    `Workflow \`${workflowId}\``,
    `Session \`${chatSessionId}\``,
    ...(startedBy ? [`Started by user \`${startedBy.userId}\``] : []),
  ].join('\n\n'),
})
