import { createServer, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** Between the beginning of an answer and its first word. */
const thinks = 30

/** An answer that has begun. Times are those of `performance.now()`. */
export interface Held {
  /** When its first word was sent. */
  sentAt: number
  /** Says the rest, and ends it. */
  finish(): void
  /** When whoever listened hung up, or the answer was over. */
  closed: Promise<number>
}

export interface HeldModel {
  /** The next answer, as soon as its first word is sent. */
  begun(): Promise<Held>
  close(): Promise<void>
}

/** A model in the bench's own process, by whose clock everything is measured: it says a word and waits. */
export async function startHeldModel(port: number): Promise<HeldModel> {
  let next = Promise.withResolvers<Held>()
  const server = createServer(async (request, response) => {
    request.resume()
    const closed = new Promise<number>((resolve) => response.once('close', () => resolve(performance.now())))
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    await pause(thinks)
    const sentAt = performance.now()
    say(response, { delta: { role: 'assistant', content: 'Well, ' }, finish_reason: null })
    const finish = () => {
      say(response, { delta: { content: 'yes.' }, finish_reason: null })
      say(response, { delta: {}, finish_reason: 'stop' })
      response.end('data: [DONE]\n\n')
    }
    next.resolve({ sentAt, finish, closed })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    begun: async () => {
      const held = await next.promise
      next = Promise.withResolvers()
      return held
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const say = (response: ServerResponse, choice: object) =>
  response.write(
    `data: ${JSON.stringify({ id: 'held', object: 'chat.completion.chunk', created: 0, model: 'held', choices: [{ index: 0, ...choice }] })}\n\n`,
  )
