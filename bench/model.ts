import { createServer, type IncomingMessage } from 'node:http'

/**
 * A model that answers at once: what it would take is the same for every workflow, and would hide what differs. Speaks
 * the OpenAI protocol, streaming, in four pieces. A process of its own, so that its work counts for no worker.
 */
const letter = `Dear customers,

from the first of next month our shops open at eight in the morning and close at seven in the evening, from Monday to
Saturday. The counters for returns and repairs keep the same hours.

## What changes for you
- Orders that are placed before ten are ready on the same day.
- Parcels may be picked up until the shop closes.
- The telephone is answered from half past seven.

Thank you for your patience while we made the change.
`
const pieces = letter.match(/[\s\S]{1,160}/g) ?? []
const nothingWrong = ['{"findings":[]}']

const server = createServer(async (request, response) => {
  const body = JSON.parse(await textOf(request)) as { response_format?: unknown }
  const send = (chunk: object) =>
    response.write(
      `data: ${JSON.stringify({ id: 'bench', object: 'chat.completion.chunk', created: 0, model: 'bench', ...chunk })}\n\n`,
    )
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const content of body.response_format ? nothingWrong : pieces)
    send({ choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }] })
  send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
  send({ choices: [], usage: { prompt_tokens: 60, completion_tokens: 150, total_tokens: 210 } })
  response.end('data: [DONE]\n\n')
})

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of request) text += piece
  return text
}

server.listen(Number(process.env.PORT), '127.0.0.1', () => process.stdout.write('{"ready":true}\n'))
process.on('SIGTERM', () => process.exit(0))
