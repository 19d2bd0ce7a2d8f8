import { z } from 'zod'
import { TriggerCall } from '../chat.ts'
import { WorkflowType } from '../definition.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { AnyJson, admin, admins, builders, Id, QueryText, Scope, scopeParams, Time } from './scope.ts'

const Finding = z.object({ path: z.string(), message: z.string(), stepId: z.string().optional() })

/** A definition, in the format of the definition document. Its shape is checked step by step, so that each problem names its step. */
const DefinitionBody = z.record(z.string(), AnyJson).meta({
  id: 'Definition',
  description:
    'A workflow definition: `name`, `type`, `steps` and optional fields. A shape that does not fit is refused with every problem and its step.',
})

export const WorkflowCard = z
  .object({
    workflowId: Id,
    name: z.string(),
    type: WorkflowType,
    description: z.string().nullable(),
    icon: z.string().nullable(),
    category: z.string().nullable(),
    /** Runs and conversations that are open now. */
    activeSessions: z.int(),
    publishedVersion: z.int().nullable(),
    hasUnpublishedChanges: z.boolean(),
    updatedAt: Time,
  })
  .meta({ id: 'WorkflowCard' })
export type WorkflowCard = z.infer<typeof WorkflowCard>

export const Workflow = WorkflowCard.extend({
  draft: z.unknown(),
  /** Counts saves; the ETag is made of it. */
  revision: z.int(),
}).meta({ id: 'Workflow' })
export type Workflow = z.infer<typeof Workflow>

export const VersionCard = z
  .object({
    workflowId: Id,
    version: z.int(),
    sha256: z.string(),
    publishedBy: z.string(),
    publishedAt: Time,
  })
  .meta({ id: 'VersionCard' })
export type VersionCard = z.infer<typeof VersionCard>

export const Version = VersionCard.extend({ definition: z.unknown() }).meta({ id: 'Version' })
export type Version = z.infer<typeof Version>

/** A test of a draft: of a conversation a message or a trigger, else an input. */
export const TestBody = z.strictObject({
  mode: z.enum(['text', 'trigger']).optional(),
  /** The same one again goes on with the same conversation, and its memory. */
  chatSessionId: Id.optional(),
  userMessage: z.string().max(100_000).optional(),
  trigger: TriggerCall.strict().optional(),
  uiFlowContext: z.record(z.string(), AnyJson, 'must be a JSON object').optional(),
  input: AnyJson.optional(),
})
export type TestBody = z.infer<typeof TestBody>

const WorkflowParams = z.object({ ...scopeParams, workflowId: Id })
const etag = { ETag: 'Of the draft: send it as `If-Match` with the next save' }

export const workflows = {
  list: route({
    name: 'listWorkflows',
    method: 'get',
    path: `${admin}/workflows`,
    tag: 'Workflows',
    summary: 'Workflows of the app, by name',
    access: builders,
    params: Scope,
    query: z.object({ ...pageQuery, type: WorkflowType.optional(), q: QueryText.optional() }),
    reply: { status: 200, description: 'A page of cards', body: pageOf(WorkflowCard) },
  }),
  create: route({
    name: 'createWorkflow',
    method: 'post',
    path: `${admin}/workflows`,
    tag: 'Workflows',
    summary: 'Makes a workflow with an empty draft. Its type stays for ever',
    access: admins,
    params: Scope,
    body: z.strictObject({
      name: z.string().trim().min(1, 'a workflow needs a name').max(120),
      type: WorkflowType,
    }),
    reply: { status: 201, description: 'Made', body: Workflow, headers: etag },
    idempotent: true,
  }),
  get: route({
    name: 'getWorkflow',
    method: 'get',
    path: `${admin}/workflows/{workflowId}`,
    tag: 'Workflows',
    summary: 'One workflow with its draft',
    access: builders,
    params: WorkflowParams,
    reply: { status: 200, description: 'The workflow', body: Workflow, headers: etag },
  }),
  remove: route({
    name: 'deleteWorkflow',
    method: 'delete',
    path: `${admin}/workflows/{workflowId}`,
    tag: 'Workflows',
    summary: 'Deletes a workflow and ends its open runs. Cannot be undone; History keeps the runs',
    access: admins,
    params: WorkflowParams,
    reply: { status: 204, description: 'Deleted' },
    problems: ['Unavailable'],
  }),
  saveDraft: route({
    name: 'saveDraft',
    method: 'put',
    path: `${admin}/workflows/{workflowId}/draft`,
    tag: 'Workflows',
    summary: 'Saves a whole definition as the draft',
    description:
      'With `If-Match` a draft that somebody saved in the meantime is not overwritten (412). `*`, or no header, overwrites.',
    access: builders,
    params: WorkflowParams,
    body: DefinitionBody,
    reply: { status: 200, description: 'Saved', body: Workflow, headers: etag },
    problems: ['Stale', 'Conflict', 'InvalidDefinition', 'TooLarge'],
    idempotent: true,
  }),
  saveStep: route({
    name: 'saveStep',
    method: 'put',
    path: `${admin}/workflows/{workflowId}/draft/steps/{stepId}`,
    tag: 'Workflows',
    summary: 'Replaces one step of the draft, wherever it is nested',
    access: builders,
    params: z.object({ ...scopeParams, workflowId: Id, stepId: z.string().max(64) }),
    body: z.record(z.string(), AnyJson),
    reply: { status: 200, description: 'Saved', body: Workflow, headers: etag },
    problems: ['Stale', 'InvalidDefinition', 'TooLarge'],
    idempotent: true,
  }),
  publish: route({
    name: 'publishWorkflow',
    method: 'post',
    path: `${admin}/workflows/{workflowId}/publish`,
    tag: 'Workflows',
    summary: 'Makes the draft the next version, when nothing is wrong with it',
    access: admins,
    params: WorkflowParams,
    reply: {
      status: 200,
      description: 'Published',
      body: VersionCard.extend({ warnings: z.array(Finding) }),
    },
    problems: ['NotPublishable'],
    idempotent: true,
  }),
  test: route({
    name: 'testWorkflow',
    method: 'post',
    path: `${admin}/workflows/{workflowId}/test`,
    tag: 'Workflows',
    summary: 'Runs the draft as it stands: as a run, or as the next turn of a conversation of tests',
    description:
      'Output-focused: `input`. Chat-driven: `mode` text (`userMessage`) or trigger (`trigger`), and a `chatSessionId`; each turn takes the draft of that moment. It is in History under the kind `test`.',
    access: builders,
    params: WorkflowParams,
    body: TestBody,
    reply: { status: 202, description: 'Accepted', body: z.object({ instanceUuid: Id }) },
    problems: ['NotPublishable', 'Conflict', 'Busy', 'InvalidInput', 'Invalid', 'Unavailable'],
    idempotent: true,
  }),
  deactivateSessions: route({
    name: 'deactivateSessions',
    method: 'post',
    path: `${admin}/workflows/{workflowId}/deactivate-sessions`,
    tag: 'Workflows',
    summary: 'Ends the runs and conversations of a workflow that are open now',
    description: 'What has not ended after ten seconds is terminated. New ones may begin at once.',
    access: admins,
    params: WorkflowParams,
    reply: { status: 202, description: 'How many were ended', body: z.object({ ended: z.int() }) },
    problems: ['Unavailable'],
    idempotent: true,
  }),
  versions: route({
    name: 'listVersions',
    method: 'get',
    path: `${admin}/workflows/{workflowId}/versions`,
    tag: 'Workflows',
    summary: 'Published versions, newest first',
    access: builders,
    params: WorkflowParams,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of versions', body: pageOf(VersionCard) },
  }),
  version: route({
    name: 'getVersion',
    method: 'get',
    path: `${admin}/workflows/{workflowId}/versions/{version}`,
    tag: 'Workflows',
    summary: 'One published version with its definition',
    access: builders,
    params: z.object({
      ...scopeParams,
      workflowId: Id,
      version: z.coerce.number({ error: 'a version is a whole number' }).int().min(1).max(2_147_483_647),
    }),
    reply: { status: 200, description: 'The version', body: Version },
  }),
}
