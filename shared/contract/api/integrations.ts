import { z } from 'zod'
import { IntegrationFields, IntegrationName, OperationName } from '../integration.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { AnyJson, admin, admins, builders, Id, Scope, scopeParams, Time } from './scope.ts'

const Credentials = z.record(z.string(), z.union([z.string(), z.object({ secret: z.string() })]))

export const IntegrationCard = z
  .object({
    integrationId: Id,
    name: IntegrationName,
    description: z.string(),
    baseUrl: z.string(),
    headers: Credentials,
    query: Credentials,
    /** Whether its operations are written by hand, or read from an OpenAPI document. */
    source: z.enum(['operations', 'openapi']),
    operationCount: z.int(),
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: 'IntegrationCard' })
export type IntegrationCard = z.infer<typeof IntegrationCard>

export const OperationView = z
  .object({
    name: OperationName,
    description: z.string(),
    method: z.string(),
    path: z.string(),
    /** JSON Schema of what a step gives as `arguments`. */
    arguments: AnyJson,
    headers: Credentials,
    query: Credentials,
    body: AnyJson.optional(),
    timeout: z.string(),
    changes: z.boolean(),
    repeatable: z.boolean(),
  })
  .meta({ id: 'Operation' })
export type OperationView = z.infer<typeof OperationView>

export const Integration = IntegrationCard.extend({
  operations: z.array(OperationView),
  /** The document as it was given; null where the operations are written by hand. */
  openapi: AnyJson.nullable(),
  /** Operations of the document that cannot be called from here, and why. */
  leftOut: z.array(z.string()),
}).meta({ id: 'Integration' })
export type Integration = z.infer<typeof Integration>

const IntegrationParams = z.object({ ...scopeParams, integrationId: Id })
const described =
  'Operations are written by hand, or read from an OpenAPI 3.0 or 3.1 document (JSON, or YAML as a text). Headers and queries name secrets (`{ "secret": "name" }`, `${secure.name}`) and hold none.'

export const integrations = {
  list: route({
    name: 'listIntegrations',
    method: 'get',
    path: `${admin}/integrations`,
    tag: 'Tools',
    summary: 'Other systems that workflows of the app may call, by name',
    access: builders,
    params: Scope,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of integrations', body: pageOf(IntegrationCard) },
  }),
  create: route({
    name: 'createIntegration',
    method: 'post',
    path: `${admin}/integrations`,
    tag: 'Tools',
    summary: 'Adds another system. Nothing is sent to it yet',
    description: described,
    access: admins,
    params: Scope,
    body: IntegrationFields,
    reply: { status: 201, description: 'Added', body: Integration },
    problems: ['Conflict'],
    idempotent: true,
  }),
  get: route({
    name: 'getIntegration',
    method: 'get',
    path: `${admin}/integrations/{integrationId}`,
    tag: 'Tools',
    summary: 'One integration with its operations',
    access: builders,
    params: IntegrationParams,
    reply: { status: 200, description: 'The integration', body: Integration },
  }),
  operations: route({
    name: 'listOperations',
    method: 'get',
    path: `${admin}/integrations/{integrationId}/operations`,
    tag: 'Tools',
    summary: 'The operations of an integration with the shape of their arguments, by name',
    access: builders,
    params: IntegrationParams,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of operations', body: pageOf(OperationView) },
  }),
  replace: route({
    name: 'replaceIntegration',
    method: 'put',
    path: `${admin}/integrations/{integrationId}`,
    tag: 'Tools',
    summary: 'Replaces an integration. Calls that begin from now on use it, of published versions too',
    description: described,
    access: admins,
    params: IntegrationParams,
    body: IntegrationFields,
    reply: { status: 200, description: 'The integration', body: Integration },
    problems: ['Conflict'],
    idempotent: true,
  }),
  remove: route({
    name: 'deleteIntegration',
    method: 'delete',
    path: `${admin}/integrations/{integrationId}`,
    tag: 'Tools',
    summary: 'Takes an integration away. Steps that name it fail from now on',
    access: admins,
    params: IntegrationParams,
    reply: { status: 204, description: 'Taken away' },
  }),
}
