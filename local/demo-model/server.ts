import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { answerRequest } from './answer-request.ts'
import { type ChatRequest, readRequest } from './prompt/read-request.ts'
import { type Completion, streamAnswer, toolCallOf } from './stream-answer.ts'

/** Stands in every response, so that a person can be told where the words come from. */
export const demoModelName = 'parley-demo'

const bodyLimit = 8 * 1024 * 1024

export interface DemoModelOptions {
  /** Between two words of a stream; 15 ms reads like a real model. */
  delayMs?: number
}

/** A language model of rules that speaks the OpenAI chat-completions protocol (platform.openai.com/docs/api-reference/chat). Not yet listening. */
export const createDemoModel = ({ delayMs = 15 }: DemoModelOptions = {}): Server =>
  createServer((request, response) => {
    route(request, response, delayMs).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else fail(response, 500, 'server_error', error instanceof Error ? error.message : String(error))
    })
  })

const route = async (request: IncomingMessage, response: ServerResponse, delayMs: number): Promise<void> => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname.replace(/\/+$/, '')
  const where = `${request.method} ${path}`
  if (where === 'GET /health') return reply(response, 200, { status: 'ok', model: demoModelName })
  if (where === 'GET /v1/models') return reply(response, 200, { object: 'list', data: [model] })
  if (request.method === 'GET' && path.startsWith('/v1/models/')) return reply(response, 200, model)
  if (where !== 'POST /v1/chat/completions')
    return fail(
      response,
      404,
      'invalid_request_error',
      `Invalid URL (${where}). The demo model serves POST /v1/chat/completions and GET /v1/models.`,
      'unknown_url',
    )
  const body = await readBody(request)
  if (body === undefined) {
    response.setHeader('connection', 'close')
    return fail(response, 413, 'invalid_request_error', `The body is larger than ${bodyLimit} bytes.`)
  }
  const read = readRequest(body)
  if (!read.ok) return fail(response, 400, 'invalid_request_error', read.message, null, read.param)
  const completion = complete(read.request, body)
  if (read.request.stream) return streamAnswer(completion, response, delayMs, read.request.includeUsage)
  return reply(response, 200, asBody(completion))
}

const model = { id: demoModelName, object: 'model', created: 0, owned_by: 'parley' }

/** The whole body as text, or undefined when it is too long: the rest is then read and thrown away, so that the answer can be sent. */
const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= bodyLimit) chunks.push(chunk)
  }
  return bytes <= bodyLimit ? Buffer.concat(chunks).toString('utf8') : undefined
}

const complete = (request: ChatRequest, body: string): Completion => {
  const full = answerRequest(request)
  const cut =
    request.maxTokens !== undefined && full.content !== null && tokensOf(full.content) > request.maxTokens
  const answer = cut ? { ...full, content: full.content!.slice(0, request.maxTokens! * 4) } : full
  const prompt = request.messages.reduce((sum, message) => sum + tokensOf(message.text) + 4, 0)
  const completion = tokensOf(answer.content ?? JSON.stringify(answer.toolCall))
  return {
    id: `chatcmpl-${createHash('sha256').update(body).digest('hex').slice(0, 29)}`,
    created: Math.floor(Date.now() / 1000),
    model: demoModelName,
    answer,
    finish: answer.toolCall ? 'tool_calls' : cut ? 'length' : 'stop',
    usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
  }
}

/** About four characters a token, as English text has with OpenAI's tokenizers. */
const tokensOf = (text: string) => Math.ceil(text.length / 4)

const asBody = (completion: Completion) => {
  const { id, created, model: name, answer, finish, usage } = completion
  const call = toolCallOf(completion)
  const message = {
    role: 'assistant',
    content: answer.content,
    refusal: null,
    ...(call && { tool_calls: [call] }),
  }
  return {
    id,
    object: 'chat.completion',
    created,
    model: name,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finish }],
    usage,
  }
}

const reply = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}

const fail = (
  response: ServerResponse,
  status: number,
  type: string,
  message: string,
  code: string | null = null,
  param: string | null = null,
): void => reply(response, status, { error: { message, type, param, code } })
