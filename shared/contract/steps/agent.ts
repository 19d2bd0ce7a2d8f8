import { z } from 'zod'
import { ActionName, unknownActions } from '../action.ts'
import { Duration, milliseconds } from '../duration.ts'
import { IntegrationName, OperationName } from '../integration.ts'
import { JsonSchema } from '../json-schema.ts'
import { KnowledgeBaseName } from '../knowledge.ts'
import { McpServerName, McpToolName } from '../mcp-server.ts'
import { offeredTool, type ToolName } from '../offered-tool.ts'
import { type CheckContext, type Problem, StepId, type StepKind, step } from '../step.ts'
import { Wording } from '../template.ts'

/** What an agent may use where the step does not say. The last model call comes without tools. */
export const agentLimits = { steps: 12, tokens: 200_000, time: 'PT5M' } as const

/** A worker holds an agent's loop for no longer. */
const longest = 'PT30M'

const Time = Duration.refine((text) => {
  const given = milliseconds(text)
  return given >= 1_000 && given <= milliseconds(longest)
}, 'a duration from PT1S to PT30M')

export const Agent = step('agent', {
  /** The system prompt. */
  prompt: Wording,
  rules: z.array(Wording).max(50).optional(),
  /** On by default: of the run's values only those that `prompt` and `rules` name are sent to the model. */
  onlyReferences: z.boolean().optional(),
  useMemory: z.boolean().optional(),
  /** Without `tools` all that may be called. */
  mcpServers: z
    .array(z.strictObject({ server: McpServerName, tools: z.array(McpToolName).max(100).optional() }))
    .max(20)
    .optional(),
  /** `approval`: a person has to allow each call. */
  tools: z
    .array(
      z.strictObject({
        integration: IntegrationName,
        operation: OperationName,
        approval: z.boolean().optional(),
      }),
    )
    .max(100)
    .optional(),
  /** Beside those that `prompt` and `rules` name as `@name`. */
  actions: z
    .array(z.strictObject({ name: ActionName, approval: z.boolean().optional() }))
    .max(50)
    .optional(),
  /** Searched by the model, with a tool. */
  knowledgeBases: z.array(KnowledgeBaseName).max(20).optional(),
  /** Whether the result is said in the conversation, as it is written. */
  chatReply: z.boolean().optional(),
  /** Whether prompts that may follow are suggested behind the reply. */
  suggestions: z.boolean().optional(),
  responseSchema: JsonSchema.optional(),
  /** The key of the result, instead of the step's id. */
  responseKey: StepId.optional(),
  /** `steps` are calls of the model; `time` is that of one attempt. */
  limits: z
    .strictObject({
      steps: z.int().min(1).max(50).optional(),
      tokens: z.int().min(1).max(2_000_000).optional(),
      time: Time.optional(),
    })
    .optional(),
  model: z.string().min(1).max(200).optional(),
})
export type Agent = z.infer<typeof Agent>

export const agent = {
  schema: Agent,
  title: 'Agent',
  weight: 8,
  foreseeable: true,
  ai: true,
  replies: ({ chatReply = false }) => chatReply,
  verbatim: ['mcpServers', 'tools', 'actions', 'knowledgeBases', 'responseSchema', 'responseKey', 'model'],
  names: ({ onlyReferences = true, chatReply = false }) => {
    if (!onlyReferences) return 'everything'
    return chatReply ? ['userMessage'] : []
  },
  check: (step, context) => [
    ...refused(step, context),
    ...missing(step, context),
    ...unknown(step, context),
    ...unknownActions(step, context.world),
    ...idle(step),
  ],
} satisfies StepKind<Agent>

function refused(step: Agent, { definition }: CheckContext): Problem[] {
  const say = (path: string, message: string): Problem => ({ stepId: step.id, path, message })
  const ofChats = (['useMemory', 'chatReply', 'suggestions'] as const).filter((field) => step[field])
  return [
    ...(definition.type === 'output_focused'
      ? ofChats.map((field) =>
          say(field, `an output-focused workflow has no conversation: "${field}" is for chat-driven ones`),
        )
      : []),
    ...(step.chatReply && step.responseSchema
      ? [say('responseSchema', 'a chat reply is text: take the schema out, or "chatReply"')]
      : []),
  ]
}

/** Tools that the app does not have. */
function missing(step: Agent, { world }: CheckContext): Problem[] {
  const { tools = [], mcpServers = [] } = step
  const named: [path: string, name: ToolName][] = [
    ...tools.map(({ integration, operation }, at): [string, ToolName] => [
      `tools[${at}]`,
      { integration, operation },
    ]),
    ...mcpServers.flatMap(({ server, tools: names = [] }, at) =>
      names.map((tool): [string, ToolName] => [`mcpServers[${at}]`, { server, tool }]),
    ),
  ]
  const strangers = mcpServers.flatMap(({ server }, at): Problem[] =>
    !world.mcpServers || Object.hasOwn(world.mcpServers, server)
      ? []
      : [
          {
            stepId: step.id,
            path: `mcpServers[${at}].server`,
            message: `this app has no server "${server}"; it has ${Object.keys(world.mcpServers).slice(0, 10).join(', ') || 'none'}`,
          },
        ],
  )
  const others = named.flatMap(([path, name]): Problem[] => {
    const offer = offeredTool(world, name)
    return !offer || 'tool' in offer || offer.field === 'server'
      ? []
      : [{ stepId: step.id, path: `${path}.${offer.field}`, message: offer.message }]
  })
  return [...strangers, ...others]
}

/** Knowledge bases that the app does not have. */
const unknown = ({ id, knowledgeBases = [] }: Agent, { world }: CheckContext): Problem[] =>
  knowledgeBases.flatMap((name, at) =>
    world.knowledgeBases?.includes(name) === false
      ? [
          {
            stepId: id,
            path: `knowledgeBases[${at}]`,
            message: `this app has no knowledge base "${name}"; it has ${world.knowledgeBases.slice(0, 10).join(', ') || 'none'}`,
          },
        ]
      : [],
  )

const idle = ({ id, suggestions, chatReply }: Agent): (Problem & { warning: boolean })[] =>
  suggestions && !chatReply
    ? [
        {
          stepId: id,
          path: 'suggestions',
          message: 'prompts are suggested behind a chat reply: set "chatReply", or nobody sees them',
          warning: true,
        },
      ]
    : []
