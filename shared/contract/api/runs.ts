import { z } from 'zod'
import { InstanceStatus } from '../journal.ts'
import { SecureMetadata } from '../secure-metadata.ts'
import { VariableName } from '../steps/set.ts'
import { route } from './route.ts'
import { AnyJson, anyone, Id, runtime, scopeParams } from './scope.ts'

export const StartBody = z.strictObject({
  /** By the workflow's input schema. */
  input: AnyJson.optional(),
  /** Over the workflow's own variables. */
  variables: z.record(VariableName, AnyJson).optional(),
  /** Values that no model sees: `${secure.name}` in the arguments of tools. They are sealed at once, and never shown. */
  secureMetadata: SecureMetadata.optional(),
})
export type StartBody = z.infer<typeof StartBody>

export const Started = z
  .object({ instanceUuid: Id, workflowId: Id, version: z.int(), status: InstanceStatus })
  .meta({ id: 'Started' })
export type Started = z.infer<typeof Started>

export const runs = {
  start: route({
    name: 'startRun',
    method: 'post',
    path: `${runtime}/workflows/{workflowId}/runs`,
    tag: 'Runs',
    summary: 'Starts an output-focused workflow, on its newest published version',
    description: 'Accepted means kept: the run starts also when Temporal is not reachable right now.',
    access: anyone,
    params: z.object({ ...scopeParams, workflowId: Id }),
    body: StartBody,
    reply: { status: 202, description: 'Accepted', body: Started },
    problems: ['WrongWorkflowType', 'Conflict', 'InvalidInput', 'Invalid'],
    idempotent: true,
  }),
}
