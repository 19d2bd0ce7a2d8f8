import { z } from 'zod'
import { Brand } from '../brand.ts'
import { Role } from '../person.ts'
import { Settings } from '../settings.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { admin, admins, builders, Id, Scope, scopeParams, Time } from './scope.ts'

/** An id that an identity provider gave: any short text without control characters. */
export const UserId = z
  .string()
  .min(1)
  .max(200)
  .refine((id) => !/[\u0000-\u001f\u007f]/.test(id), 'a user id has no control characters')

const Name = z.string().trim().min(1, 'a name is needed').max(120)
const Roles = z
  .array(Role)
  .min(1, 'name at least one role')
  .max(10)
  .transform((roles) => [...new Set(roles)])

export const Member = z
  .object({
    userId: UserId,
    name: z.string(),
    email: z.string().nullable(),
    roles: z.array(Role),
    createdAt: Time,
  })
  .meta({ id: 'Member' })
export type Member = z.infer<typeof Member>

const memberFields = { name: Name, email: z.email('an e-mail address').max(254).nullish(), roles: Roles }

export const ApiKey = z
  .object({
    apiKeyId: Id,
    name: z.string(),
    /** The beginning of the key, for people to tell keys apart. */
    prefix: z.string(),
    userId: UserId,
    roles: z.array(Role),
    createdBy: z.string(),
    createdAt: Time,
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof ApiKey>

const MemberParams = z.object({ ...scopeParams, userId: UserId })
const KeyParams = z.object({ ...scopeParams, apiKeyId: Id })

export const brand = {
  get: route({
    name: 'getBrand',
    method: 'get',
    path: `${admin}/brand`,
    tag: 'Workspace',
    summary: 'Name, colours, voice, words to use and to avoid',
    access: builders,
    params: Scope,
    reply: { status: 200, description: 'The brand', body: Brand },
  }),
  replace: route({
    name: 'replaceBrand',
    method: 'put',
    path: `${admin}/brand`,
    tag: 'Workspace',
    summary: 'Replaces the brand',
    access: admins,
    params: Scope,
    body: Brand,
    reply: { status: 200, description: 'The brand', body: Brand },
    idempotent: true,
  }),
}

export const settings = {
  get: route({
    name: 'getSettings',
    method: 'get',
    path: `${admin}/settings`,
    tag: 'Workspace',
    summary: 'Time zone, and where assets of each type are delivered',
    access: builders,
    params: Scope,
    reply: { status: 200, description: 'The settings', body: Settings },
  }),
  replace: route({
    name: 'replaceSettings',
    method: 'put',
    path: `${admin}/settings`,
    tag: 'Workspace',
    summary: 'Replaces the settings',
    access: admins,
    params: Scope,
    body: Settings,
    reply: { status: 200, description: 'The settings', body: Settings },
    idempotent: true,
  }),
}

export const members = {
  list: route({
    name: 'listMembers',
    method: 'get',
    path: `${admin}/members`,
    tag: 'Workspace',
    summary: 'People of the workspace, by user id',
    access: builders,
    params: Scope,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of members', body: pageOf(Member) },
  }),
  create: route({
    name: 'createMember',
    method: 'post',
    path: `${admin}/members`,
    tag: 'Workspace',
    summary: 'Adds a person',
    access: admins,
    params: Scope,
    body: z.strictObject({ userId: UserId, ...memberFields }),
    reply: { status: 201, description: 'Added', body: Member },
    problems: ['Conflict'],
    idempotent: true,
  }),
  get: route({
    name: 'getMember',
    method: 'get',
    path: `${admin}/members/{userId}`,
    tag: 'Workspace',
    summary: 'One person',
    access: builders,
    params: MemberParams,
    reply: { status: 200, description: 'The member', body: Member },
  }),
  replace: route({
    name: 'replaceMember',
    method: 'put',
    path: `${admin}/members/{userId}`,
    tag: 'Workspace',
    summary: 'Replaces name, e-mail and roles of a person. The last admin stays one',
    description: 'A role that is taken away is taken from the API keys of this person, too.',
    access: admins,
    params: MemberParams,
    body: z.strictObject(memberFields),
    reply: { status: 200, description: 'The member', body: Member },
    problems: ['Conflict'],
    idempotent: true,
  }),
  remove: route({
    name: 'deleteMember',
    method: 'delete',
    path: `${admin}/members/{userId}`,
    tag: 'Workspace',
    summary: 'Takes a person out of the workspace, with their API keys. The last admin stays',
    access: admins,
    params: MemberParams,
    reply: { status: 204, description: 'Taken out' },
    problems: ['Conflict'],
  }),
}

export const apiKeys = {
  list: route({
    name: 'listApiKeys',
    method: 'get',
    path: `${admin}/api-keys`,
    tag: 'Workspace',
    summary: 'API keys of the workspace, newest first; never their secrets',
    access: builders,
    params: Scope,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of keys', body: pageOf(ApiKey) },
  }),
  create: route({
    name: 'createApiKey',
    method: 'post',
    path: `${admin}/api-keys`,
    tag: 'Workspace',
    summary: 'Makes a key that acts as a user with roles. Its secret is shown this once',
    description: 'Takes no `Idempotency-Key`: repeating the answer would mean keeping the secret.',
    access: admins,
    params: Scope,
    body: z.strictObject({ name: Name, userId: UserId, roles: Roles }),
    reply: { status: 201, description: 'Made', body: ApiKey.extend({ secret: z.string() }) },
  }),
  get: route({
    name: 'getApiKey',
    method: 'get',
    path: `${admin}/api-keys/{apiKeyId}`,
    tag: 'Workspace',
    summary: 'One key, without its secret',
    access: builders,
    params: KeyParams,
    reply: { status: 200, description: 'The key', body: ApiKey },
  }),
  remove: route({
    name: 'deleteApiKey',
    method: 'delete',
    path: `${admin}/api-keys/{apiKeyId}`,
    tag: 'Workspace',
    summary: 'Withdraws a key at once',
    access: admins,
    params: KeyParams,
    reply: { status: 204, description: 'Withdrawn' },
  }),
}
