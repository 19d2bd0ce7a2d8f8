import OpenAI from 'openai'
import { ask, type DemoModel, dealFiles, house, startDemoModel, textOf } from './demo-model-ask.ts'

let model: DemoModel
let deal: string
beforeAll(async () => {
  model = await startDemoModel()
  deal = await dealFiles()
})
afterAll(() => model.stop())

const request = (content: string) => ({
  model: 'parley-demo',
  messages: [
    { role: 'system' as const, content: house },
    { role: 'user' as const, content },
  ],
})

describe('the protocol', () => {
  test('a stream, put together, is the text that comes without streaming', async () => {
    const asked = `Write a proposal for Halvorsen Logistik AS.\n${deal}`
    const whole = await ask(model, asked)
    const stream = await model.openai.chat.completions.create({
      ...request(asked),
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let usage: OpenAI.CompletionUsage | null | undefined
    let finish: string | null = null
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      finish = chunk.choices[0]?.finish_reason ?? finish
      usage = chunk.usage ?? usage
    }
    expect(text).toBe(textOf(whole))
    expect(finish).toBe('stop')
    expect(usage).toEqual(whole.usage)
    expect(whole.usage!.completion_tokens).toBe(Math.ceil(text.length / 4))
    expect(whole.model).toBe('parley-demo')
  })

  test('the same request gets the same answer', async () => {
    const asked = `Write a brief of 150 words.\n${deal}`
    expect(textOf(await ask(model, asked))).toBe(textOf(await ask(model, asked)))
  })

  test('an aborted stream closes the connection at once', async () => {
    const slow = await startDemoModel(200)
    try {
      const abort = new AbortController()
      const stream = await slow.openai.chat.completions.create(
        { ...request(`Write a proposal.\n${deal}`), stream: true },
        { signal: abort.signal },
      )
      let chunks = 0
      for await (const _ of stream) if (++chunks === 2) abort.abort()
      const started = Date.now()
      while ((await slow.connections()) > 0 && Date.now() - started < 1_000)
        await new Promise((resolve) => setTimeout(resolve, 10))
      expect(await slow.connections()).toBe(0)
    } finally {
      await slow.stop()
    }
  })

  test('answers up to max_tokens and says that it was cut', async () => {
    const cut = await ask(model, `Write a proposal.\n${deal}`, { max_completion_tokens: 10 })
    expect(cut.choices[0]!.finish_reason).toBe('length')
    expect(textOf(cut).length).toBeLessThanOrEqual(40)
  })

  test('lists its model and says that it is healthy', async () => {
    const models = await model.openai.models.list()
    expect(models.data.map((each) => each.id)).toEqual(['parley-demo'])
    expect((await fetch(`${model.url}/health`)).status).toBe(200)
  })

  test.each([
    ['broken JSON', 400, '{"messages": ['],
    ['no object', 400, '[]'],
    ['no messages', 400, '{"model":"x"}'],
    ['a message without a role', 400, '{"messages":[{"content":"x"}]}'],
    [
      'a format without its schema',
      400,
      '{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema"}}',
    ],
    [
      'a body over 8 MB',
      413,
      JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(9_000_000) }] }),
    ],
  ])('refuses %s with an OpenAI error', async (_name, status, body) => {
    const response = await fetch(`${model.url}/v1/chat/completions`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({
      error: expect.objectContaining({ message: expect.any(String), type: 'invalid_request_error' }),
    })
  })

  test('an unknown route is a 404 that the client understands', async () => {
    await expect(model.openai.embeddings.create({ model: 'x', input: 'x' })).rejects.toThrow(
      OpenAI.NotFoundError,
    )
  })
})

describe('tools', () => {
  const tools: OpenAI.ChatCompletionFunctionTool[] = [
    {
      type: 'function',
      function: {
        name: 'getOrder',
        description: 'Fetches an order by its id',
        parameters: { type: 'object', required: ['orderId'], properties: { orderId: { type: 'string' } } },
      },
    },
  ]

  test('calls a tool that the words ask for, with its arguments', async () => {
    const message = (await ask(model, 'Where is my order A-1042?', { tools })).choices[0]!
    expect(message.finish_reason).toBe('tool_calls')
    const [call] = message.message.tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[]
    expect(call!.function).toEqual({ name: 'getOrder', arguments: '{"orderId":"A-1042"}' })
  })

  test('streams a tool call as the client puts it together', async () => {
    const runner = model.openai.chat.completions.stream({ ...request('Where is my order A-1042?'), tools })
    const [call] = (await runner.finalMessage()).tool_calls as OpenAI.ChatCompletionMessageFunctionToolCall[]
    expect(JSON.parse(call!.function.arguments)).toEqual({ orderId: 'A-1042' })
  })

  test('answers from the tool’s result', async () => {
    const first = await ask(model, 'Where is my order A-1042?', { tools })
    const answered = await model.openai.chat.completions.create({
      model: 'parley-demo',
      tools,
      messages: [
        { role: 'user', content: 'Where is my order A-1042?' },
        first.choices[0]!.message,
        {
          role: 'tool',
          tool_call_id: first.choices[0]!.message.tool_calls![0]!.id,
          content: '{"status":"shipped","carrier":"Bring"}',
        },
      ],
    })
    expect(textOf(answered)).toBe('I looked it up with getOrder: status shipped, carrier Bring.')
  })

  test('asks for what a tool must know and nobody said', async () => {
    expect(textOf(await ask(model, 'Where is my order?', { tools }))).toContain('order id')
  })

  test('leaves tools alone that nobody spoke of', async () => {
    expect(textOf(await ask(model, 'Tell me a joke', { tools }))).toContain('demo model')
  })

  /** What the model does in an agent's task, with what was said before. */
  const agentDoes = async (question: string, memory: string, offered: OpenAI.ChatCompletionTool[]) => {
    const system = `Task: agent\n\n<task>\nHelp.\n</task>\n\nWhat was said before in this conversation:\n<memory>\n${memory}\n</memory>`
    const { message } = (await ask(model, question, { tools: offered }, system)).choices[0]!
    const [call] = (message.tool_calls ?? []) as OpenAI.ChatCompletionMessageFunctionToolCall[]
    return call ? [call.function.name, JSON.parse(call.function.arguments)] : message.content
  }
  const tool = (name: string, description: string, argument: string): OpenAI.ChatCompletionTool => ({
    type: 'function',
    function: {
      name,
      description,
      parameters: { type: 'object', required: [argument], properties: { [argument]: { type: 'string' } } },
    },
  })
  const lookUps = [
    tool('list_parcels', 'Lists the parcels of a firm', 'customer'),
    tool('get_parcel', 'Finds a parcel', 'parcelNumber'),
  ]
  const before =
    'User: Where is parcel 70001?\nAgent: Parcel 70001 is in Oslo.\n\nUser: And parcel 70002?\nAgent: Parcel 70002 is in Bergen.'

  test('of tools that are about as near takes the one for which the message says all', async () => {
    expect(await agentDoes('Where is parcel 70003?', before, lookUps)).toEqual([
      'get_parcel',
      { parcelNumber: '70003' },
    ])
    expect(await agentDoes('Which parcels did Polar Fish get?', before, lookUps)).toEqual([
      'list_parcels',
      { customer: 'Polar Fish' },
    ])
  })

  test('goes by what was spoken of last', async () => {
    expect(await agentDoes('When does the parcel arrive?', before, lookUps.slice(1))).toEqual([
      'get_parcel',
      { parcelNumber: '70002' },
    ])
  })

  test('takes an answer to its question back together with what it was about', async () => {
    const asked = 'User: Where is my parcel?\nAgent: For that I need: parcel number.'
    expect(await agentDoes('It is 70005', asked, lookUps)).toEqual(['get_parcel', { parcelNumber: '70005' }])
    expect(await agentDoes('I do not know', asked, lookUps.slice(1))).toContain('parcel number')
  })

  const payment: OpenAI.ChatCompletionTool = {
    type: 'function',
    function: {
      name: 'take_payment',
      description: 'Takes a payment: pays an amount in euro for an account.',
      parameters: {
        type: 'object',
        required: ['accountNumber', 'amount'],
        properties: {
          accountNumber: { type: 'string', description: 'Number of the account, such as F-2041' },
          amount: { type: 'number', description: 'Amount in euro' },
        },
      },
    },
  }
  const asked =
    'User: I want to pay for account F-2041\nAgent: For that I need: amount. Say it, and I run take payment.'

  test.each([
    ['180.50 EUR', 180.5],
    ['EUR 180,50', 180.5],
    ['€180.50', 180.5],
    ['€ 180.50', 180.5],
    ['180,50 €', 180.5],
    ['180.50EUR', 180.5],
    ['EUR1,180.50', 1180.5],
    ['1.180,50 €', 1180.5],
    ['1 180.50 euros', 1180.5],
    ['25 euro', 25],
  ])('takes %s for an amount', async (said, amount) => {
    const paid = ['take_payment', { accountNumber: 'F-2041', amount }]
    expect(await agentDoes(`Please pay ${said} for account F-2041`, '', [payment])).toEqual(paid)
    expect(await agentDoes(`I pay for account F-2041: ${said}.`, '', [payment])).toEqual(paid)
    expect(await agentDoes(said, asked, [payment])).toEqual(paid)
  })

  test.each(['Please pay for account F-2041', 'Pay 20 USD for account F-2041', 'Pay $20 for account F-2041'])(
    'asks for the amount in euro after “%s”',
    async (said) => {
      expect(await agentDoes(said, '', [payment])).toContain('amount')
    },
  )

  test('greets, thanks and says who it is without a tool', async () => {
    expect(await agentDoes('Hello!', before, lookUps)).toBe('Hello! What can I do for you?')
    expect(await agentDoes('Thank you', before, lookUps)).toContain('welcome')
    expect(await agentDoes('Who are you?', before, lookUps)).toContain('demo model')
    expect(await agentDoes('Hello, where is parcel 70003?', before, lookUps)).toEqual([
      'get_parcel',
      { parcelNumber: '70003' },
    ])
  })

  test('repeats sentences of a tool as they are, and says of a tool that did something that it is done', async () => {
    const told = async (name: string, content: string) => {
      const answered = await model.openai.chat.completions.create({
        model: 'parley-demo',
        tools: [tool(name, 'Does it', 'number')],
        messages: [
          { role: 'user', content: 'Do it' },
          {
            role: 'assistant',
            tool_calls: [{ id: 'c', type: 'function', function: { name, arguments: '{}' } }],
          },
          { role: 'tool', tool_call_id: 'c', content },
        ],
      })
      return textOf(answered)
    }
    expect(await told('get_it', 'It is here. It is blue.')).toMatch(
      /^It is here\. It is blue\. \(.*get_it says/,
    )
    expect(await told('pay_it', '{"status":"paid"}')).toBe('That is done with pay_it: status paid.')
    expect(await told('fetch_it', '{"found":true,"note":"It was lost"}')).toBe(
      'I looked it up with fetch_it: It was lost.',
    )
  })
})
