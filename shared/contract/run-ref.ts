import { z } from 'zod'
import { Person } from './person.ts'

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
  /** How many runs lie above a subworkflow. */
  depth: z.int().optional(),
  /** How often the run was taken up again after a failure. */
  retry: z.int().optional(),
})
export type RunRef = z.infer<typeof RunRef>
