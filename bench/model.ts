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
const answer = `Your order 1042 was sent yesterday and is on its way to you. The parcel service says that it will be there tomorrow
before noon. If nobody is at home, it is left with a neighbour, and a card in your letter box says with which one.`

interface Asked {
  messages: { role: string }[]
  tools?: { function: { name: string } }[]
  response_format?: { json_schema?: { schema?: { properties?: object } } }
}

const inPieces = (text: string, length: number) =>
  (text.match(new RegExp(`[\\s\\S]{1,${length}}`, 'g')) ?? []).map((content) => ({ content }))

/** What a request asks for: an intent, a finding, the call of a tool, what to make of its result, or a letter. */
function deltasFor({ messages, tools, response_format: form }: Asked): object[] {
  if (form) {
    const asksForIntent = 'intent' in (form.json_schema?.schema?.properties ?? {})
    return [{ content: asksForIntent ? '{"intent":"order","confidence":1}' : '{"findings":[]}' }]
  }
  const [tool] = tools ?? []
  if (!tool) return inPieces(letter, 160)
  if (messages.some(({ role }) => role === 'tool')) return inPieces(answer, 60)
  const called = { name: tool.function.name, arguments: '{"id":"1042"}' }
  return [{ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: called }] }]
}

const server = createServer(async (request, response) => {
  const deltas = deltasFor(JSON.parse(await textOf(request)) as Asked)
  const send = (chunk: object) =>
    response.write(
      `data: ${JSON.stringify({ id: 'bench', object: 'chat.completion.chunk', created: 0, model: 'bench', ...chunk })}\n\n`,
    )
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const delta of deltas)
    send({ choices: [{ index: 0, delta: { role: 'assistant', ...delta }, finish_reason: null }] })
  const reason = deltas.some((delta) => 'tool_calls' in delta) ? 'tool_calls' : 'stop'
  send({ choices: [{ index: 0, delta: {}, finish_reason: reason }] })
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
