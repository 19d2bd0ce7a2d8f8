import { z } from 'zod'
import { Duration, milliseconds } from './duration.ts'
import { type Json, JsonValue } from './json.ts'
import { JsonSchema } from './json-schema.ts'
import { placeOperation } from './place-operation.ts'
import { SecretName } from './secret.ts'
import { secureProblem } from './secure.ts'
import { expressionsIn, splitTemplate, Template } from './template.ts'

/** What stands as `integration` in a definition: unique in the app. */
export const IntegrationName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'a name of 1 to 64 letters, digits, _ and -')

export const OperationName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'a name of 1 to 64 letters, digits, _, - and .')

export const integrationLimits = { operations: 200, description: 4_000 } as const

export const operationTimeout = { default: 'PT30S', least: 1_000, most: 600_000 } as const

/** Headers that belong to the connection, to the body, or to what we promise about repeating. */
const reservedHeaders =
  /^(connection|content-length|content-type|expect|host|idempotency-key|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i

export const HeaderName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'a header name')
  .refine((name) => !reservedHeaders.test(name), 'this header is set by Parley: leave it out')

const Text = Template.min(1)
  .max(4_000)
  .superRefine((text, context) => {
    const message = context.issues.length > 0 ? undefined : secureProblem(text)
    if (message) context.addIssue({ code: 'custom', message })
  })

const Credential = z.union([Text, z.strictObject({ secret: SecretName })], {
  error: 'a text, in which ${secure.name} may stand, or { "secret": "name" }',
})

const few = <T extends z.ZodType>(schema: T) =>
  schema.refine((value) => Object.keys(value as object).length <= 30, 'at most 30')

/** Names of what opens doors: who may build would read it, if it stood there as it is. */
const opensDoors = /^(authorization|cookie)$|key|token|secret|password|credential/i

/** What a header can carry: bytes without control characters, each one a character. */
const sendable = /^[\t\x20-\x7e\xa0-\xff]*$/

const unsendable = (value: unknown): string | undefined =>
  typeof value === 'string' &&
  splitTemplate(value).some((part) => 'text' in part && !sendable.test(part.text))
    ? 'a header holds one line of Latin letters, digits and signs: encode anything else, or send it in the body'
    : undefined

/** A record's own check of its keys says only that one is wrong. */
const withHeaders = <T extends z.ZodType<Record<string, unknown>>>(schema: T) =>
  schema.superRefine((headers, context) => {
    for (const [name, value] of Object.entries(headers)) {
      const message = HeaderName.safeParse(name).error?.issues[0]?.message ?? unsendable(value)
      if (message) context.addIssue({ code: 'custom', path: [name], message })
    }
  })

const withoutPlainSecrets = <T extends z.ZodType<Record<string, unknown>>>(schema: T) =>
  schema.superRefine((texts, context) => {
    for (const [name, text] of Object.entries(texts))
      if (opensDoors.test(name) && typeof text === 'string' && !text.includes('${'))
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'everybody who builds here could read it: make it a secret, and name that: ${secure.name}',
        })
  })

/** Headers or query parameters by name. Where a secret belongs stands its name. */
export const Credentials = withHeaders(withoutPlainSecrets(few(z.record(z.string(), Credential))))
const QueryCredentials = withoutPlainSecrets(few(z.record(z.string().min(1).max(200), Credential)))
export type Credentials = Record<string, string | { secret: string }>

/** Only what all calls have in common may stand at the integration itself. */
const withoutArguments = <T extends z.ZodType>(schema: T) =>
  schema.superRefine((value, context) => {
    const other =
      context.issues.length > 0 ? [] : expressionsIn(value).filter(({ roots }) => !roots.has('secure'))
    if (other[0])
      context.addIssue({
        code: 'custom',
        message: `\${${other[0].source.slice(0, 80)}}: here only \${secure.name} may stand`,
      })
  })

const Url = z
  .string()
  .max(2_000)
  .refine((text) => {
    if (!URL.canParse(text)) return false
    const { protocol, username, password, search, hash } = new URL(text)
    return /^https?:$/.test(protocol) && !username && !password && !search && !hash
  }, 'an address such as https://api.example.com/v1, without user name, password, query or fragment')
export const BaseUrl = Url.transform((text) => new URL(text).href.replace(/\/+$/, ''))

const Path = z
  .string()
  .max(2_000)
  .regex(/^\/[^\s?#\\]*$/, 'a path that begins with / and has no query')
  .refine(
    (path) => !path.split('/').some((part) => /^(\.|%2e){1,2}$/i.test(part)),
    'a path without . and .. in it',
  )

const Timeout = Duration.refine((text) => {
  const given = milliseconds(text)
  return given >= operationTimeout.least && given <= operationTimeout.most
}, 'a duration from PT1S to PT10M')

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export type Method = (typeof methods)[number]

const Body = JsonValue.superRefine((value, context) => {
  try {
    expressionsIn(value)
    const message = secureProblem(value)
    if (message) context.addIssue({ code: 'custom', message })
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
  }
})

/**
 * One thing that can be asked, as a builder writes it. Arguments in `{}` stand in the path; those that `headers`,
 * `query` or `body` name as `${argument}` stand there; all others go to the query, or to the JSON body of POST, PUT and
 * PATCH.
 */
export const OperationFields = z
  .strictObject({
    name: OperationName,
    description: z.string().max(integrationLimits.description).default(''),
    method: z.enum(methods),
    path: Path,
    /** JSON Schema of the arguments: an object. */
    arguments: JsonSchema.optional(),
    headers: Credentials.optional(),
    query: QueryCredentials.optional(),
    body: Body.optional(),
    timeout: Timeout.default(operationTimeout.default),
    /** Whether it changes something there. Without it: everything but GET and HEAD. */
    changes: z.boolean().optional(),
    /** Whether asking twice does no harm. Without it: what changes nothing, and PUT and DELETE. */
    repeatable: z.boolean().optional(),
  })
  .transform((fields, context) => {
    const placed = placeOperation(fields)
    if (placed.ok) return placed.operation
    for (const { path, message } of placed.problems)
      context.addIssue({ code: 'custom', path: path.split('.'), message })
    return z.NEVER
  })

/** Where an argument goes. Without a name it is the whole body; `style` says how a list or an object stands in a query. */
export interface ArgumentPlace {
  in: 'path' | 'query' | 'header' | 'body'
  name?: string | undefined
  style?: 'repeat' | 'comma' | 'deep' | undefined
}

/** An operation that can be called. */
export interface Operation {
  name: string
  description: string
  method: Method
  path: string
  arguments: JsonSchema
  places: Record<string, ArgumentPlace>
  headers: Credentials
  query: Credentials
  body?: Json | undefined
  timeout: string
  changes: boolean
  repeatable: boolean
}

const uniqueNames = (operations: { name: string }[]) =>
  new Set(operations.map(({ name }) => name)).size === operations.length

/** What an admin says of another system: its operations by hand, or the document that describes them. */
export const IntegrationFields = z
  .strictObject({
    name: IntegrationName,
    description: z.string().max(integrationLimits.description).default(''),
    /** May be left out where the OpenAPI document names a server. */
    baseUrl: BaseUrl.optional(),
    headers: withoutArguments(Credentials).default({}),
    query: withoutArguments(QueryCredentials).default({}),
    operations: z
      .array(OperationFields)
      .min(1, 'name at least one operation')
      .max(integrationLimits.operations)
      .refine(uniqueNames, 'each operation has a name of its own')
      .optional(),
    /** OpenAPI 3.0 or 3.1, as JSON or as the text of JSON or YAML. */
    openapi: z.union([z.string().min(1), z.record(z.string(), JsonValue)]).optional(),
    /** Of the document: just these operations. */
    include: z.array(OperationName).min(1).max(integrationLimits.operations).optional(),
  })
  .superRefine((fields, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if ((fields.operations === undefined) === (fields.openapi === undefined))
      refuse('operations', 'give either operations, or openapi with a document that describes them')
    if (fields.operations && !fields.baseUrl) refuse('baseUrl', 'say where the system is')
    if (fields.include && !fields.openapi) refuse('include', 'chooses from an OpenAPI document: give one')
  })
export type IntegrationFields = z.output<typeof IntegrationFields>
