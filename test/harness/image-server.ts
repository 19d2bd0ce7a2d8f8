import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ImageBody {
  model: string
  prompt: string
  n?: number
  size?: string
  response_format?: string
}

export type ImageBehaviour = (response: ServerResponse, body: ImageBody, request: IncomingMessage) => unknown

export interface ImageServer {
  baseUrl: string
  requests: ImageBody[]
  /** Requests whose connection the client closed before the answer was complete. */
  aborted: number
  /** What it does with every request from now on. */
  will(behaviour: ImageBehaviour): void
  close(): Promise<void>
}

/** A server that speaks OpenAI's images protocol as the test says. */
export async function startImageServer(): Promise<ImageServer> {
  let behave: ImageBehaviour = (response) => response.writeHead(500).end()
  const state = { requests: [] as ImageBody[], aborted: 0 }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request) text += piece
    if (request.url !== '/v1/images/generations') return void response.writeHead(404).end()
    const body = JSON.parse(text) as ImageBody
    state.requests.push(body)
    response.on('close', () => {
      if (!response.writableEnded) state.aborted += 1
    })
    await behave(response, body, request)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: state.requests,
    get aborted() {
      return state.aborted
    },
    will: (behaviour) => {
      behave = behaviour
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** Answers with these bytes as the picture. */
export const painting =
  (bytes: Uint8Array, more: object = {}): ImageBehaviour =>
  (response) =>
    answer(200, {
      created: 1,
      data: [{ b64_json: Buffer.from(bytes).toString('base64'), ...more }],
      usage: { input_tokens: 12, output_tokens: 1_056, total_tokens: 1_068 },
    })(response, {} as ImageBody, {} as IncomingMessage)

export const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): ImageBehaviour =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
