import { z } from 'zod'
import { SecretFields, SecretName } from '../secret.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { admin, admins, builders, Id, Scope, scopeParams, Time } from './scope.ts'

export const Secret = z
  .object({
    secretId: Id,
    name: SecretName,
    hosts: z.array(z.string()),
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: 'Secret' })
export type Secret = z.infer<typeof Secret>

const SecretParams = z.object({ ...scopeParams, secretId: Id })

export const secrets = {
  list: route({
    name: 'listSecrets',
    method: 'get',
    path: `${admin}/secrets`,
    tag: 'Tools',
    summary: 'Secrets of the app, by name; never their values',
    access: builders,
    params: Scope,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of secrets', body: pageOf(Secret) },
  }),
  create: route({
    name: 'createSecret',
    method: 'post',
    path: `${admin}/secrets`,
    tag: 'Tools',
    summary: 'Keeps a value that only calls to the given hosts may carry. It is never shown again',
    description:
      '`hosts`: `api.example.com` is that host over HTTPS, `localhost:4000` that port. Takes no `Idempotency-Key`: repeating the answer would mean keeping a hash of the value.',
    access: admins,
    params: Scope,
    body: SecretFields,
    reply: { status: 201, description: 'Kept', body: Secret },
    problems: ['Conflict'],
  }),
  get: route({
    name: 'getSecret',
    method: 'get',
    path: `${admin}/secrets/{secretId}`,
    tag: 'Tools',
    summary: 'One secret, without its value',
    access: builders,
    params: SecretParams,
    reply: { status: 200, description: 'The secret', body: Secret },
  }),
  replace: route({
    name: 'replaceSecret',
    method: 'put',
    path: `${admin}/secrets/{secretId}`,
    tag: 'Tools',
    summary: 'Replaces name, value and hosts. The next call uses them',
    description:
      'The value is given anew also where only the hosts change: who does not know it cannot send it elsewhere.',
    access: admins,
    params: SecretParams,
    body: SecretFields,
    reply: { status: 200, description: 'The secret', body: Secret },
    problems: ['Conflict'],
  }),
  remove: route({
    name: 'deleteSecret',
    method: 'delete',
    path: `${admin}/secrets/{secretId}`,
    tag: 'Tools',
    summary: 'Deletes a secret. What names it fails from now on',
    access: admins,
    params: SecretParams,
    reply: { status: 204, description: 'Deleted' },
  }),
}
