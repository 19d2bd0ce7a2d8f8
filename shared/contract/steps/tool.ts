import { z } from 'zod'
import type { AppWorld, OfferedTools } from '../app-world.ts'
import { IntegrationName, OperationName } from '../integration.ts'
import { isObject, JsonValue } from '../json.ts'
import { schemaProblems } from '../json-schema.ts'
import { McpServerName, McpToolName } from '../mcp-server.ts'
import { offeredTool } from '../offered-tool.ts'
import { misdirected } from '../secret.ts'
import { secretsIn, secureProblem } from '../secure.ts'
import { type Problem, type StepKind, step } from '../step.ts'
import { expressionsIn } from '../template.ts'

/** Values with templates in them, and the one place in a definition where secrets may be named. */
const Arguments = z.record(z.string().min(1).max(200), JsonValue).superRefine((value, context) => {
  try {
    expressionsIn(value)
    const message = secureProblem(value)
    if (message) context.addIssue({ code: 'custom', message })
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
  }
})

export const Tool = step('tool', {
  integration: IntegrationName.optional(),
  operation: OperationName.optional(),
  server: McpServerName.optional(),
  tool: McpToolName.optional(),
  arguments: Arguments.optional(),
}).refine(
  ({ integration, operation, server, tool }) =>
    integration !== undefined
      ? operation !== undefined && server === undefined && tool === undefined
      : operation === undefined && server !== undefined && tool !== undefined,
  'name what is called: "integration" and "operation", or "server" and "tool"',
)
export type Tool = z.infer<typeof Tool>

export const tool = {
  schema: Tool,
  title: 'Call a tool',
  weight: 3,
  verbatim: ['integration', 'operation', 'server', 'tool'],
  secure: ['arguments'],
  check: (step, { world }) => [
    ...missing(step, world),
    ...unknownSecrets(step, world),
    ...misdirectedSecrets(step, world),
  ],
} satisfies StepKind<Tool>

const offerOf = ({ integration, operation = '', server = '', tool: name = '' }: Tool, world: AppWorld) =>
  offeredTool(world, integration === undefined ? { server, tool: name } : { integration, operation })

/** What the app does not have, or takes otherwise. */
function missing(step: Tool, world: AppWorld): Problem[] {
  const offer = offerOf(step, world)
  if (!offer) return []
  return 'tool' in offer
    ? argumentProblems(step, offer.tool)
    : [{ stepId: step.id, path: offer.field, message: offer.message }]
}

/** What can be said before a run: names, and values when none of them is made by a run. */
function argumentProblems(step: Tool, { arguments: schema }: OfferedTools[string][string]): Problem[] {
  const given = step.arguments ?? {}
  const known = isObject(schema.properties) ? Object.keys(schema.properties) : []
  const isClosed = schema.additionalProperties === false && schema.patternProperties === undefined
  const needed = Array.isArray(schema.required) ? schema.required.map(String) : []
  const problems: Problem[] = [
    ...(isClosed ? Object.keys(given).filter((name) => !known.includes(name)) : []).map((name) => ({
      stepId: step.id,
      path: `arguments.${name}`,
      message: `there is no such argument; there ${known.length === 1 ? 'is' : 'are'} ${known.slice(0, 10).join(', ') || 'none'}`,
    })),
    ...needed
      .filter((name) => !Object.hasOwn(given, name))
      .map((name) => ({ stepId: step.id, path: 'arguments', message: `"${name}" has to be given` })),
  ]
  if (problems.length > 0 || expressionsIn(given).length > 0) return problems
  return schemaProblems(schema, given).map(({ path, message }) => ({
    stepId: step.id,
    path: `arguments${path ? `.${path}` : ''}`,
    message,
  }))
}

/** A secret can still be added, so it is a warning. */
const unknownSecrets = (step: Tool, { secrets }: AppWorld): (Problem & { warning: boolean })[] =>
  [...secretsIn(step.arguments)]
    .filter((name) => secrets && !Object.hasOwn(secrets, name))
    .map((name) => ({
      stepId: step.id,
      path: 'arguments',
      message: `this app has no secret "${name}" yet: the step fails until an admin adds it, or where a run is not given it as secureMetadata`,
      warning: true,
    }))

/** Secrets in the arguments that may not go where they would be sent. */
function misdirectedSecrets(step: Tool, world: AppWorld): Problem[] {
  const offer = offerOf(step, world)
  const url = offer && 'tool' in offer ? offer.tool.url : undefined
  if (url === undefined) return []
  const { secrets = {} } = world
  return Object.entries(step.arguments ?? {}).flatMap(([argument, value]) =>
    [...secretsIn(value)]
      .filter((name) => Object.hasOwn(secrets, name))
      .flatMap((name) => misdirected(name, secrets[name] ?? [], url) ?? [])
      .map((message) => ({ stepId: step.id, path: `arguments.${argument}`, message })),
  )
}
