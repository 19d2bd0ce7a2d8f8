import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** What a model's server does with one request: well or badly, byte by byte. */
export type Behaviour = (response: ServerResponse) => unknown

/** One event of a streamed answer, in the OpenAI protocol. */
export const chunk = (delta: object, finishReason: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'test-model', choices: [{ index: 0, delta, finish_reason: finishReason }] })}\n\n`

/** Begins an answer. */
export function begin(response: ServerResponse, ...pieces: string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const piece of pieces) response.write(piece)
}

const finish = (response: ServerResponse, reason = 'stop'): void => {
  response.write(chunk({}, reason))
  response.end('data: [DONE]\n\n')
}

/** A whole answer. */
export const say =
  (content: string): Behaviour =>
  (response) => {
    begin(response, chunk({ content }))
    finish(response)
  }

/** An answer that asks for one tool. */
export const call =
  (name: string, given: string): Behaviour =>
  (response) => {
    const asked = { index: 0, id: 'call', type: 'function', function: { name, arguments: given } }
    begin(response, chunk({ tool_calls: [asked] }))
    finish(response, 'tool_calls')
  }

/** Piece after piece, until all are sent or nobody listens any more. `onPiece` is called when one is on its way. */
export const tell =
  (pieces: string[], every: number, onPiece: (index: number) => void = () => {}): Behaviour =>
  async (response) => {
    begin(response)
    for (const [index, content] of pieces.entries()) {
      if (index > 0) await pause(every)
      if (response.destroyed) return
      response.write(chunk({ content }))
      onPiece(index)
    }
    finish(response)
  }

/** A problem instead of an answer. */
export const answer =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify({ error: { message: `no ${status}` } }))
  }

export const silence: Behaviour = () => {}

/** Now and then a letter, without end. */
export const drip: Behaviour = (response) => {
  begin(response)
  const dripping = setInterval(() => response.write(chunk({ content: '.' })), 50)
  response.on('close', () => clearInterval(dripping))
}

export const breakOff: Behaviour = (response) => {
  begin(response, chunk({ content: 'Half an ans' }))
  setTimeout(() => response.destroy(), 50)
}

export const refuse: Behaviour = (response) => {
  begin(response, chunk({ refusal: 'I will not.' }), chunk({}, 'stop'))
  response.end()
}

/** Five megabytes: in pieces of text, or in one line that has no end. */
export const flood =
  (piece: string): Behaviour =>
  (response) => {
    begin(response)
    let left = 100
    const more = () => {
      while (left-- > 0 && !response.destroyed)
        if (!response.write(piece)) return response.once('drain', more)
      return undefined
    }
    more()
  }
