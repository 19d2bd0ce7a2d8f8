import type { Client } from '@temporalio/client'
import { budgetRaised } from '../workflows/messages.ts'

/** Tells a run, or a conversation, that waits for a budget to look whether there is room. */
export const tellOfRaise = (client: Client, temporalWorkflowId: string): Promise<void> =>
  client.workflow.getHandle(temporalWorkflowId).signal(budgetRaised)
