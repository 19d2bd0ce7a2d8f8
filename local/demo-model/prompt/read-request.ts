import { isObject } from '../../../shared/contract/json.ts'
import type { Message } from './read-prompt.ts'

export interface Tool {
  name: string
  description: string
  parameters: Record<string, unknown>
}

/** A chat-completions request, as far as the demo model looks at it. */
export interface ChatRequest {
  messages: Message[]
  stream: boolean
  includeUsage: boolean
  /** Wanted shape of the answer: a schema, or `{}` for any JSON object. */
  schema: Record<string, unknown> | undefined
  tools: Tool[]
  /** A tool's name when one is prescribed. */
  toolChoice: 'auto' | 'none' | 'required' | { name: string }
  maxTokens: number | undefined
}

export type ReadRequest =
  | { ok: true; request: ChatRequest }
  | { ok: false; message: string; param: string | null }

export const readRequest = (body: string): ReadRequest => {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return refused(
      'We could not parse the JSON body of your request. Expected a chat-completions request as JSON.',
      null,
    )
  }
  if (!isObject(value)) return refused('The body has to be a JSON object.', null)
  if (!Array.isArray(value.messages) || value.messages.length === 0)
    return refused("Missing required parameter: 'messages', a list with at least one message.", 'messages')
  const at = value.messages.findIndex((message) => !isObject(message) || typeof message.role !== 'string')
  if (at >= 0) return refused(`Invalid 'messages[${at}]': expected an object with a role.`, `messages[${at}]`)
  const format = isObject(value.response_format) ? value.response_format : undefined
  const jsonSchema = isObject(format?.json_schema) ? format.json_schema : undefined
  if (format?.type === 'json_schema' && !isObject(jsonSchema?.schema))
    return refused("Missing required parameter: 'response_format.json_schema.schema'.", 'response_format')
  const options = isObject(value.stream_options) ? value.stream_options : {}
  const limit = value.max_completion_tokens ?? value.max_tokens
  return {
    ok: true,
    request: {
      messages: value.messages.map((message) => ({
        role: String(message.role),
        text: textOf(message.content),
        calls: callsIn(message.tool_calls),
      })),
      stream: value.stream === true,
      includeUsage: options.include_usage === true,
      schema:
        format?.type === 'json_schema'
          ? (jsonSchema!.schema as Record<string, unknown>)
          : format?.type === 'json_object'
            ? {}
            : undefined,
      tools: Array.isArray(value.tools) ? value.tools.flatMap(readTool) : [],
      toolChoice: readToolChoice(value.tool_choice),
      maxTokens: typeof limit === 'number' && limit > 0 ? Math.floor(limit) : undefined,
    },
  }
}

const refused = (message: string, param: string | null): ReadRequest => ({ ok: false, message, param })

/** A text, or the texts of its parts; pictures and sounds are not read. */
const textOf = (content: unknown): string => {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join('\n')
}

const callsIn = (calls: unknown): string[] =>
  Array.isArray(calls)
    ? calls.flatMap((call) => (isObject(call) && isObject(call.function) ? [String(call.function.name)] : []))
    : []

const readTool = (tool: unknown): Tool[] => {
  const made = isObject(tool) && isObject(tool.function) ? tool.function : undefined
  if (typeof made?.name !== 'string') return []
  return [
    {
      name: made.name,
      description: typeof made.description === 'string' ? made.description : '',
      parameters: isObject(made.parameters) ? made.parameters : { type: 'object' },
    },
  ]
}

const readToolChoice = (choice: unknown): ChatRequest['toolChoice'] => {
  if (choice === 'none' || choice === 'required') return choice
  const name = isObject(choice) && isObject(choice.function) ? choice.function.name : undefined
  return typeof name === 'string' ? { name } : 'auto'
}
