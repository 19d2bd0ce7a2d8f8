import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApplicationFailure } from '@temporalio/common'
import { createOpenAiModels } from '../../activities/providers/models/openai.ts'
import type { ModelRequest } from '../../activities/providers/models/port.ts'
import { until } from '../harness/until.ts'

const apiKey = 'sk-secret-key-0123456789'

type Behaviour = (
  response: ServerResponse,
  request: IncomingMessage,
  body: Record<string, unknown>,
) => unknown
let server: Server
let behave: Behaviour
let bodies: Record<string, unknown>[] = []
let closed = 0

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (piece) => {
      text += piece
    })
    request.on('end', () => {
      const body = JSON.parse(text)
      bodies.push(body)
      behave(response, request, body)
    })
    response.on('close', () => {
      closed += 1
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
})
beforeEach(() => {
  bodies = []
  closed = 0
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})

const baseUrl = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
const models = (timeLimit = 5_000, at = baseUrl()) =>
  createOpenAiModels({ apiKey, baseUrl: at, model: 'gpt-test', timeLimit })
const request: ModelRequest = { system: 'Be brief.', user: 'Write.' }

const chunk = (delta: Record<string, unknown>, finish_reason: string | null = null, more = {}) =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'gpt-real', choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`
const usage = `data: ${JSON.stringify({ id: 'x', model: 'gpt-real', choices: [], usage: { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 } })}\n\n`
const done = 'data: [DONE]\n\n'

/** A server that streams these pieces and ends well. */
const stream =
  (...pieces: string[]): Behaviour =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const piece of pieces) response.write(piece)
    response.end()
  }

const status =
  (
    code: number,
    body: unknown = { error: { message: `no ${code}` } },
    headers: Record<string, string> = {},
  ): Behaviour =>
  (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

async function failure(act: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await act.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(ApplicationFailure)
  expect(
    JSON.stringify([(error as Error).message, (error as Error).stack, (error as Error).cause]),
  ).not.toContain(apiKey)
  return error as ApplicationFailure
}
const generate = (timeLimit?: number, signal = new AbortController().signal) =>
  models(timeLimit).generate(request, { signal })

it('gives the text, its pieces as they come, the model that answered and the tokens', async () => {
  behave = stream(
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'Dear ' }),
    chunk({ content: 'Kari.' }),
    chunk({}, 'stop'),
    usage,
    done,
  )
  const pieces: string[] = []
  const reply = await models().generate(request, {
    signal: new AbortController().signal,
    onDelta: (piece) => pieces.push(piece),
  })
  expect(reply).toEqual({ text: 'Dear Kari.', model: 'gpt-real', tokensIn: 11, tokensOut: 3 })
  expect(pieces).toEqual(['Dear ', 'Kari.'])
  expect(bodies).toEqual([
    {
      model: 'gpt-test',
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Write.' },
      ],
    },
  ])
})

it('asks for JSON by schema, with what went wrong before, and of another model', async () => {
  behave = stream(chunk({ content: '{}' }, 'stop'), done)
  const schema = { type: 'object' }
  const history = [{ role: 'assistant' as const, content: 'no' }]
  await models().generate(
    { ...request, json: { schema }, history, model: 'gpt-large' },
    { signal: new AbortController().signal },
  )
  expect(bodies[0]).toMatchObject({
    model: 'gpt-large',
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: false } },
  })
  expect(bodies[0]?.messages).toHaveLength(3)
  await models().generate({ ...request, json: {} }, { signal: new AbortController().signal })
  expect(bodies[1]).toMatchObject({ response_format: { type: 'json_object' } })
})

describe('tools', () => {
  const tools = [
    { name: 'getOrder', description: 'Finds an order', parameters: { type: 'object', properties: {} } },
  ]
  const part = (call: Record<string, unknown>) => chunk({ tool_calls: [call] })

  it('are offered with what was called before, in the protocol’s own form', async () => {
    behave = stream(chunk({ content: 'Sent.' }, 'stop'), done)
    const given = { id: 'call_1', name: 'getOrder', arguments: '{"id":7}' }
    await models().generate(
      {
        ...request,
        tools,
        toolChoice: 'none',
        history: [
          { role: 'assistant', content: '', calls: [given] },
          { role: 'tool', callId: 'call_1', content: 'sent' },
          { role: 'user', content: 'Well?' },
        ],
      },
      { signal: new AbortController().signal },
    )
    expect(bodies[0]).toMatchObject({
      tool_choice: 'none',
      tools: [{ type: 'function', function: tools[0] }],
    })
    expect((bodies[0] as { messages: unknown[] }).messages.slice(2)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'getOrder', arguments: '{"id":7}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'sent' },
      { role: 'user', content: 'Well?' },
    ])
  })

  it('are called side by side, with words before, streamed as they come', async () => {
    behave = stream(
      chunk({ role: 'assistant', content: 'One moment.' }),
      part({ index: 0, id: 'a', type: 'function', function: { name: 'getOrder', arguments: '' } }),
      part({ index: 1, id: 'b', type: 'function', function: { name: 'getOrder', arguments: '{"id"' } }),
      part({ index: 0, function: { arguments: '{"id":1}' } }),
      part({ index: 1, function: { arguments: ':2}' } }),
      chunk({}, 'tool_calls'),
      usage,
      done,
    )
    const pieces: string[] = []
    const reply = await models().generate(
      { ...request, tools },
      { signal: new AbortController().signal, onDelta: (piece) => pieces.push(piece) },
    )
    expect(reply).toMatchObject({
      text: 'One moment.',
      calls: [
        { id: 'a', name: 'getOrder', arguments: '{"id":1}' },
        { id: 'b', name: 'getOrder', arguments: '{"id":2}' },
      ],
      tokensIn: 11,
      tokensOut: 3,
    })
    expect(pieces).toEqual(['One moment.'])
  })

  it.each([
    [
      'numbers no call',
      [
        { id: 'a', function: { name: 'getOrder', arguments: '{"id":' } },
        { function: { arguments: '1}' } },
        { id: 'b', function: { name: 'getOrder', arguments: '{"id":2}' } },
      ],
    ],
    [
      'repeats id and name with each piece',
      [
        { index: 0, id: 'a', function: { name: 'getOrder', arguments: '{"id":' } },
        { index: 0, id: 'a', function: { name: 'getOrder', arguments: '1}' } },
        { index: 1, id: 'b', function: { name: 'getOrder', arguments: '{"id":2}' } },
      ],
    ],
    [
      'gives neither number nor id',
      [
        { function: { name: 'getOrder', arguments: '{"id":1}' } },
        { function: { name: 'getOrder', arguments: '{"id":2}' } },
      ],
    ],
  ])('are understood of a server that %s', async (_, parts) => {
    behave = stream(...parts.map(part), chunk({}, 'stop'), done)
    const { calls = [] } = await generate()
    expect(calls.map(({ name, arguments: given }) => [name, given])).toEqual([
      ['getOrder', '{"id":1}'],
      ['getOrder', '{"id":2}'],
    ])
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2)
  })

  it('whose arguments have no end are stopped', async () => {
    const piece = part({ index: 0, id: 'a', function: { name: 'f', arguments: 'x'.repeat(400_000) } })
    behave = stream(piece, piece, piece, chunk({}, 'tool_calls'), done)
    expect(await failure(generate())).toMatchObject({ type: 'ProviderRefused' })
  })
})

it('the built-in demo model’s words carry its label', async () => {
  behave = stream(chunk({ content: 'x' }, 'stop', { model: 'parley-demo' }), done)
  expect(await generate()).toMatchObject({ label: 'Demo model' })
})

describe('is worth another try when the model', () => {
  const open =
    (...pieces: string[]): Behaviour =>
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const piece of pieces) response.write(piece)
    }

  it.each<[string, Behaviour]>([
    ['never answers', () => {}],
    ['begins and then says nothing', open(chunk({ content: 'Dear' }))],
    [
      'drips',
      (response) => {
        open()(response, undefined as never, {})
        const drip = setInterval(() => response.write(chunk({ content: '.' })), 20)
        response.on('close', () => clearInterval(drip))
      },
    ],
  ])('%s: it is given up at the limit, and the connection closed', async (_, behaviour) => {
    behave = behaviour
    const started = Date.now()
    expect(await failure(generate(300))).toMatchObject({
      type: 'ProviderBusy',
      nonRetryable: false,
      message: 'The model did not finish within 0.3 s.',
    })
    expect(Date.now() - started).toBeLessThan(2_000)
    await until('the server to see the close', () => closed === 1)
  })

  it.each<[string, Behaviour]>([
    [
      'breaks off the connection in the middle',
      (response) => {
        open(chunk({ content: 'Dear' }))(response, undefined as never, {})
        setTimeout(() => response.destroy(), 20)
      },
    ],
    ['closes without a word', (response) => response.destroy()],
    ['ends without saying why', stream(chunk({ content: 'Dear' }))],
    ['sends an empty body', stream()],
    ['says that it is done, and nothing else', stream(done)],
    ['sends a chunk that is no JSON', stream(chunk({ content: 'Dear' }), 'data: {"choices": [\n\n', done)],
    [
      'sends a page instead',
      (response) => {
        response.writeHead(200, { 'content-type': 'text/html' })
        response.end('<html>busy</html>')
      },
    ],
    [
      'sends an error in the middle of the stream',
      stream(chunk({ content: 'Dear' }), 'data: {"error": {"message": "overloaded"}}\n\n'),
    ],
  ])('%s', async (_, behaviour) => {
    behave = behaviour
    expect(await failure(generate())).toMatchObject({ type: 'ProviderBusy', nonRetryable: false })
  })

  it('cannot be reached', async () => {
    const nowhere = models(5_000, 'http://127.0.0.1:9/v1')
    expect(await failure(nowhere.generate(request, { signal: new AbortController().signal }))).toMatchObject({
      type: 'ProviderBusy',
      message: 'The model cannot be reached.',
    })
  })

  it.each([408, 409, 429, 500, 502, 503, 504])('answers %d', async (code) => {
    behave = status(code)
    const error = await failure(generate())
    expect(error).toMatchObject({
      type: 'ProviderBusy',
      nonRetryable: false,
      message: expect.stringContaining(`answered ${code}`),
    })
    expect(error.nextRetryDelay).toBeUndefined()
    expect(bodies).toHaveLength(1)
  })
})

describe('waits as long as it is asked to', () => {
  it.each<[string, Record<string, string>, number, number]>([
    ['seconds', { 'retry-after': '7' }, 7_000, 7_000],
    ['a date', { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }, 30_000, 60_000],
    ['a date that is over', { 'retry-after': new Date(0).toUTCString() }, -1, -1],
    ['milliseconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500, 1_500],
    ['five minutes at most', { 'retry-after': '86400' }, 300_000, 300_000],
    ['nonsense', { 'retry-after': 'soon' }, -1, -1],
  ])('%s', async (_, headers, least, most) => {
    behave = status(429, { error: { message: 'slow down' } }, headers)
    const delay = (await failure(generate())).nextRetryDelay
    if (least < 0) expect(delay).toBeUndefined()
    else {
      expect(Number(delay)).toBeGreaterThanOrEqual(least)
      expect(Number(delay)).toBeLessThanOrEqual(most)
    }
  })
})

describe('is final when the model', () => {
  it.each<[number, RegExp]>([
    [400, /answered 400/],
    [401, /Check OPENAI_API_KEY/],
    [403, /may not use this model/],
    [404, /Check OPENAI_MODEL and OPENAI_BASE_URL/],
    [422, /answered 422/],
  ])('answers %d', async (code, words) => {
    behave = status(code)
    expect(await failure(generate())).toMatchObject({
      type: 'ProviderRefused',
      nonRetryable: true,
      message: expect.stringMatching(words),
    })
  })

  it('answers 503 and says not to try again', async () => {
    behave = status(503, { error: { message: 'gone' } }, { 'x-should-retry': 'false' })
    expect(await failure(generate())).toMatchObject({ type: 'ProviderRefused' })
  })

  it('refuses, and the reason is told', async () => {
    behave = stream(chunk({ refusal: 'I cannot ' }), chunk({ refusal: 'help.' }, 'stop'), done)
    expect(await failure(generate())).toMatchObject({
      type: 'ProviderRefused',
      message: 'The model refused to answer: I cannot help.',
    })
    behave = stream(chunk({ content: 'Dear' }, 'content_filter'), done)
    expect(await failure(generate())).toMatchObject({
      type: 'ProviderRefused',
      message: 'The model refused to answer.',
    })
  })

  it('writes more than it may', async () => {
    behave = stream(chunk({ content: 'Dear' }, 'length'), done)
    expect(await failure(generate())).toMatchObject({
      type: 'ProviderRefused',
      message: expect.stringContaining('ask for less'),
    })
  })

  it('writes 5 MB: it is stopped, and the connection closed', async () => {
    behave = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const more = () => {
        while (!response.destroyed && response.write(chunk({ content: 'x'.repeat(50_000) })));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    }
    expect(await failure(generate())).toMatchObject({
      type: 'ProviderRefused',
      message: expect.stringContaining('1000000 characters'),
    })
    await until('the server to see the close', () => closed === 1)
  })
})

it('a key that the server repeats is in no message', async () => {
  behave = (response, { headers }) =>
    status(401, { error: { message: `Incorrect API key: ${headers.authorization}` } })(
      response,
      undefined as never,
      {},
    )
  expect((await failure(generate())).message).toContain('Bearer [key]')
})

it.each<[string, Behaviour]>([
  ['before the first word', () => {}],
  [
    'in the middle',
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(chunk({ content: 'Dear' }))
    },
  ],
])('B04 an abort %s closes the connection within a second', async (_, behaviour) => {
  let arrived = false
  behave = (...given) => {
    arrived = true
    return behaviour(...given)
  }
  const abort = new AbortController()
  const call = generate(5_000, abort.signal).catch((error: unknown) => error)
  await until('the call to arrive', () => arrived)
  const at = Date.now()
  abort.abort()
  await until('the server to see the close', () => closed === 1, 1_000)
  expect(Date.now() - at).toBeLessThan(1_000)
  expect(await call).not.toBeInstanceOf(ApplicationFailure)
})
