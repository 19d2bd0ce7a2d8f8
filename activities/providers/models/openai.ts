import type OpenAI from 'openai'
import { fail } from '../../../shared/temporal/failure.ts'
import { createOpenAiCaller, type OpenAiOptions } from '../openai-caller.ts'
import { limitAnswer } from './limit-answer.ts'
import type { ModelCall, ModelReply, ModelRequest, Models, ModelTurn } from './port.ts'
import { createCallReader } from './read-calls.ts'

/** No text that a step can use is longer; a model that goes on is stopped. */
const characterLimit = 1_000_000

/** The built-in demo server's model: its words are labelled wherever a person sees them. */
const demoModel = 'parley-demo'

/** Any OpenAI-compatible endpoint, by chat completions. */
export function createOpenAiModels({ timeLimit = 120_000, ...options }: OpenAiOptions): Models {
  const ask = createOpenAiCaller(
    { ...options, timeLimit },
    { what: 'The model', setting: 'OPENAI_MODEL' },
    { fetch: async (address, init) => limitAnswer(await fetch(address, init)) },
  )
  return {
    model: options.model,
    generate: (request, { signal, onDelta }) =>
      ask(signal, (client, either) => stream(client, request, options.model, either, onDelta)),
  }
}

async function stream(
  client: OpenAI,
  request: ModelRequest,
  model: string,
  signal: AbortSignal,
  onDelta: ModelCall['onDelta'],
): Promise<ModelReply> {
  const chunks = await client.chat.completions.create(
    {
      model: request.model ?? model,
      stream: true,
      stream_options: { include_usage: true },
      ...(request.maxTokens === undefined ? {} : { max_completion_tokens: request.maxTokens }),
      messages: [
        { role: 'system', content: request.system },
        { role: 'user', content: request.user },
        ...(request.history ?? []).map(asMessage),
      ],
      ...toolsOf(request),
      ...(request.json ? { response_format: formatOf(request.json) } : {}),
    },
    { signal },
  )
  let text = ''
  let refusal = ''
  let reason: string | null = null
  const calls = createCallReader()
  const reply: ModelReply = { text: '', model: request.model ?? model, tokensIn: 0, tokensOut: 0 }
  for await (const chunk of chunks) {
    if (chunk.model) reply.model = chunk.model
    if (chunk.usage) {
      reply.tokensIn = chunk.usage.prompt_tokens
      reply.tokensOut = chunk.usage.completion_tokens
    }
    const [choice] = chunk.choices ?? []
    reason = choice?.finish_reason ?? reason
    refusal += choice?.delta?.refusal ?? ''
    for (const part of choice?.delta?.tool_calls ?? []) calls.take(part)
    const piece = choice?.delta?.content ?? ''
    text += piece
    if (text.length + calls.characters > characterLimit)
      throw fail('ProviderRefused', `The model wrote more than ${characterLimit} characters and was stopped.`)
    if (piece) onDelta?.(piece)
  }
  // The client ends an aborted stream as if it were over.
  signal.throwIfAborted()
  // A stream that ends without a reason broke off: what came is half an answer.
  if (reason === null) throw fail('ProviderBusy', 'The model broke off in the middle of its answer.')
  if (refusal || reason === 'content_filter')
    throw fail('ProviderRefused', `The model refused to answer${refusal ? `: ${refusal}` : '.'}`)
  if (reason === 'length')
    throw fail('ProviderRefused', 'The answer is longer than the model may write: ask for less at once.')
  return {
    ...reply,
    text,
    ...(calls.all.length > 0 ? { calls: calls.all } : {}),
    ...(reply.model === demoModel ? { label: 'Demo model' } : {}),
  }
}

const toolsOf = ({ tools = [], toolChoice }: ModelRequest) =>
  tools.length === 0
    ? {}
    : {
        tools: tools.map((tool) => ({ type: 'function' as const, function: { ...tool } })),
        ...(toolChoice ? { tool_choice: toolChoice } : {}),
      }

function asMessage(turn: ModelTurn): OpenAI.ChatCompletionMessageParam {
  if (turn.role === 'tool') return { role: 'tool', tool_call_id: turn.callId, content: turn.content }
  if (turn.role === 'user' || !turn.calls?.length) return { role: turn.role, content: turn.content }
  const toolCalls = turn.calls.map(({ id, ...called }) => ({
    id,
    type: 'function' as const,
    function: called,
  }))
  // Some servers refuse an empty text beside calls.
  return { role: 'assistant', content: turn.content || null, tool_calls: toolCalls }
}

const formatOf = ({ schema }: NonNullable<ModelRequest['json']>) =>
  // Not `strict`: that mode refuses most schemas that people write. The answer is checked here anyway.
  schema
    ? ({ type: 'json_schema', json_schema: { name: 'answer', schema, strict: false } } as const)
    : ({ type: 'json_object' } as const)
