import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Behaviour } from './model-wire.ts'

export interface ChatBody {
  model: string
  messages: { role: string; content: string }[]
  response_format?: { type: string; json_schema?: { name: string; schema: unknown } }
}

export interface ModelServer {
  baseUrl: string
  /** Every request that came, in order. */
  requests: ChatBody[]
  /** Requests whose connection the client closed before the answer was complete. */
  aborted: number
  /** Holds every answer from now on, after its first token, until `release`. */
  hold(): void
  release(): void
  close(): Promise<void>
}

/** What it says to a request; or what it does, byte by byte. */
export type Reply = (body: ChatBody) => string | Behaviour

/** A server that speaks the OpenAI protocol, streams what the test says, and can be held in the middle of an answer. */
export async function startModelServer(reply: Reply): Promise<ModelServer> {
  let gate: { opened: Promise<void>; open: () => void } | undefined
  const state = { requests: [] as ChatBody[], aborted: 0 }
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await readBody(request)) as ChatBody
    state.requests.push(body)
    response.on('close', () => {
      if (!response.writableEnded) state.aborted += 1
    })
    const text = reply(body)
    if (typeof text === 'function') return text(response)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    send(response, {
      choices: [{ index: 0, delta: { role: 'assistant', content: text.slice(0, 1) }, finish_reason: null }],
    })
    await gate?.opened
    if (response.destroyed) return
    send(response, { choices: [{ index: 0, delta: { content: text.slice(1) }, finish_reason: null }] })
    send(response, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    send(response, { choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } })
    response.end('data: [DONE]\n\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const open = () => {
    gate?.open()
    gate = undefined
  }
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: state.requests,
    get aborted() {
      return state.aborted
    },
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = { opened: promise, open: resolve }
    },
    release: open,
    close: async () => {
      open()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const send = (response: ServerResponse, chunk: object) =>
  response.write(
    `data: ${JSON.stringify({ id: 'test', object: 'chat.completion.chunk', created: 0, model: 'test-model', ...chunk })}\n\n`,
  )

async function readBody(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
