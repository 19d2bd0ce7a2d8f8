import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from './answer-request.ts'

export interface Completion {
  id: string
  created: number
  model: string
  answer: Answer
  finish: 'stop' | 'length' | 'tool_calls'
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number }
}

export const toolCallOf = ({ id, answer }: Completion) =>
  answer.toolCall && { id: `call_${id.slice(-20)}`, type: 'function' as const, function: answer.toolCall }

/** Server-sent events, a word each, `delayMs` apart. Stops at once when the client has gone. */
export const streamAnswer = async (
  completion: Completion,
  response: ServerResponse,
  delayMs: number,
  includeUsage: boolean,
): Promise<void> => {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const { id, created, model, answer, finish, usage } = completion
  const send = (choices: object[], more: object = {}) =>
    response.write(
      `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', created, model, system_fingerprint: null, choices, ...(includeUsage && { usage: null }), ...more })}\n\n`,
    )
  const delta = (part: object, finishReason: string | null = null) =>
    send([{ index: 0, delta: part, logprobs: null, finish_reason: finishReason }])

  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    connection: 'keep-alive',
  })
  try {
    const call = toolCallOf(completion)
    delta({ role: 'assistant', content: call ? null : '' })
    if (call)
      delta({ tool_calls: [{ index: 0, ...call, function: { name: call.function.name, arguments: '' } }] })
    for (const piece of piecesOf(call ? call.function.arguments : (answer.content ?? ''))) {
      await delay(delayMs, undefined, { signal: gone.signal })
      delta(call ? { tool_calls: [{ index: 0, function: { arguments: piece } }] } : { content: piece })
    }
    delta({}, finish)
    if (includeUsage) send([], { usage })
    response.end('data: [DONE]\n\n')
  } catch (error) {
    // The client closed the connection: nobody is left to tell.
    if (!gone.signal.aborted) throw error
  }
}

const piecesOf = (text: string): string[] => text.match(/\s*\S+\s*?(?=\s|$)|\s+$/g) ?? []
