import { z } from 'zod'
import { Person } from './person.ts'
import { SecureHandles } from './secure-metadata.ts'
import { CountedBudget } from './spending.ts'

export const InstanceKind = z.enum(['run', 'turn', 'action', 'subworkflow', 'post_conversation', 'test'])
export type InstanceKind = z.infer<typeof InstanceKind>

/** What every journal write knows of its run: enough to make the run's row when nobody else has. */
export const RunRef = z.object({
  workspaceId: z.uuid(),
  appId: z.uuid(),
  workflowId: z.uuid(),
  version: z.int().nonnegative(),
  workflowName: z.string(),
  instanceUuid: z.uuid(),
  kind: InstanceKind,
  temporalWorkflowId: z.string(),
  temporalRunId: z.string(),
  startedBy: Person.optional(),
  /** Of a turn: its session, whose journal it shares, and the message it answers. */
  chatSessionId: z.uuid().optional(),
  messageId: z.uuid().optional(),
  /** Files that came with the messages it answers. */
  attachments: z.array(z.object({ fileId: z.uuid(), name: z.string() })).optional(),
  channel: z.string().optional(),
  parentInstanceUuid: z.uuid().optional(),
  /** The step of the run above that called it. */
  parentPath: z.string().optional(),
  /** The workflows of the runs above: their budgets count what it uses, too. */
  callers: z.array(z.uuid()).optional(),
  /** How many runs lie above a subworkflow. */
  depth: z.int().optional(),
  /** How often the run was taken up again after a failure. */
  retry: z.int().optional(),
  /** Budgets that its definition, and the runs above, bring along. */
  budgets: z.array(CountedBudget).optional(),
  /** What it was given that no model may see, by handle. */
  secure: SecureHandles.optional(),
})
export type RunRef = z.infer<typeof RunRef>
