import { randomUUID } from 'node:crypto'
import { and, eq } from 'drizzle-orm'
import { journal, sessions } from '../../storage/sql/schema.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { approving, asking, echo, openChat, triggered } from '../harness/chat.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
let place: { world: World; api: TestApi }
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
  place = { world, api }
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
})

it('F076 F078 a message begins a conversation under an id of the caller’s making, and is ${userMessage} in the steps', async () => {
  const chat = await openChat(place, echo)
  const first = await chat.say('One')
  expect(first).toMatchObject({
    status: 202,
    body: { chatSessionId: chat.chatSessionId, status: 'running' },
  })
  expect(Object.keys(first.body).sort()).toEqual(['chatSessionId', 'instanceUuid', 'messageId', 'status'])
  expect(await chat.turn(first.body.instanceUuid)).toMatchObject({
    kind: 'turn',
    chatSessionId: chat.chatSessionId,
    status: 'completed',
    progress: 100,
    messages: [
      { role: 'user', text: 'One' },
      { role: 'assistant', text: 'So far: One. ' },
    ],
  })
  const second = await api.as('member').post(`${chat.at}/messages`, { userMessage: 'Two' })
  expect(second.status).toBe(202)
  await chat.turn(second.body.instanceUuid)
  expect(await chat.session()).toMatchObject({
    chatSessionId: chat.chatSessionId,
    status: 'open',
    endReason: null,
    workflowId: chat.workflowId,
    version: 1,
    instanceUuid: null,
    requests: [],
    queued: [],
    variables: { said: 'One. Two. ' },
    messages: [
      { messageId: first.body.messageId, instanceUuid: first.body.instanceUuid, role: 'user', text: 'One' },
      { role: 'assistant', text: 'So far: One. ', attachments: [] },
      { messageId: second.body.messageId, role: 'user', text: 'Two' },
      { role: 'assistant', text: 'So far: One. Two. ' },
    ],
  })
  const { items } = (
    await api.as('member').get(`R/workflows/instances?kind=turn&chatSessionId=${chat.chatSessionId}`)
  ).body
  expect(items.map((one: { instanceUuid: string }) => one.instanceUuid)).toEqual([
    second.body.instanceUuid,
    first.body.instanceUuid,
  ])
})

it('F076 after the 202 the session, its turn and the prompt can be read', async () => {
  const chat = await openChat(place, echo)
  const { body } = await chat.say('Now')
  const page = await api.as('member').get(`R/workflows/instances/${body.instanceUuid}`)
  expect([page.status, page.body.messages[0]?.text]).toEqual([200, 'Now'])
  expect((await chat.texts())[0]).toBe('user: Now')
})

it('F079 the UI flow context of a message is ${uiFlowContext}', async () => {
  const chat = await openChat(place, {
    steps: [
      { id: 'reply', type: 'message', text: 'Page ${uiFlowContext.?currentPage.orValue("none")}' },
      { id: 'end', type: 'end' },
    ],
  })
  const { body } = await chat.ask('Hi', { uiFlowContext: { currentPage: 'order-details' } })
  expect(body.replies).toMatchObject([{ text: 'Page order-details' }])
  expect((await chat.ask('Hi')).body.replies).toMatchObject([{ text: 'Page none' }])
})

it('files of a message are shown with it', async () => {
  const chat = await openChat(place, echo)
  const { fileId } = (await api.as('member').upload('order.txt', 'Two chairs')).body
  await chat.ask('See this', { fileIds: [fileId] })
  expect((await chat.session()).messages[0]).toMatchObject({
    text: 'See this',
    attachments: [{ fileId, name: 'order.txt', mediaType: 'text/plain', bytes: 10 }],
  })
})

it('Prefer: wait gives the replies and suggestions of the turn, or what it asks; else 202', async () => {
  const chat = await openChat(place, asking)
  const first = await chat.ask('Order')
  expect(first).toMatchObject({
    status: 200,
    body: {
      status: 'waiting',
      replies: [{ role: 'assistant', text: 'Hello.' }],
      suggestions: ['Two', 'Three'],
      requests: [{ kind: 'answer', question: 'How many?' }],
    },
  })
  const missed = await chat.ask('no idea')
  expect(missed).toMatchObject({
    status: 200,
    body: { instanceUuid: first.body.instanceUuid, status: 'waiting', requests: [{ question: 'How many?' }] },
  })
  expect(missed.body.requests[0].reason).toBeTruthy()
  const second = await chat.ask('a dozen')
  expect(second).toMatchObject({
    status: 200,
    body: {
      instanceUuid: first.body.instanceUuid,
      status: 'completed',
      replies: [{ text: 'Order: 12' }],
      requests: [],
      error: null,
    },
  })
  expect((await chat.session()).messages[1]).toMatchObject({ text: 'Hello.', suggestions: ['Two', 'Three'] })
  expect(await chat.texts()).toEqual([
    'user: Order',
    'assistant: Hello.',
    'assistant: How many?',
    'user: no idea',
    `assistant: ${missed.body.requests[0].reason}\n\nHow many?`,
    'user: a dozen',
    'assistant: Order: 12',
  ])
  const slow = await openChat(place, {
    steps: [
      { id: 'rest', type: 'wait', for: 'PT10S' },
      { id: 'reply', type: 'message', text: 'At last' },
      { id: 'end', type: 'end' },
    ],
  })
  const given = await slow.say('Hi', {}, { prefer: 'respond-async, wait=1' })
  expect([given.status, given.body.replies]).toEqual([202, undefined])
  const { body } = await api.as('member').post(`R/workflows/instances/${given.body.instanceUuid}/cancel`)
  expect(body.instanceUuid).toBe(given.body.instanceUuid)
  await slow.turn(given.body.instanceUuid)
})

it('a failed turn says why, and the conversation goes on', async () => {
  const chat = await openChat(place, {
    steps: [
      { id: 'count', type: 'set', variables: { n: '${int(userMessage)}' } },
      { id: 'reply', type: 'message', text: 'n is ${variables.?n.orValue(0)}' },
      { id: 'end', type: 'end' },
    ],
  })
  expect(await chat.ask('many')).toMatchObject({
    status: 200,
    body: { status: 'failed', error: { code: 'ExpressionFailed' }, replies: [] },
  })
  expect((await chat.ask('7')).body.replies).toMatchObject([{ text: 'n is 7' }])
})

it('B01 200 times the same key on 20 connections is one turn and one body', async () => {
  const chat = await openChat(place, echo)
  const headers = { 'idempotency-key': 'the-one' }
  const bodies: string[] = []
  let left = 200
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      while (left-- > 0) {
        const { status, body } = await chat.say('Once', {}, headers)
        bodies.push(JSON.stringify([status, body]))
      }
    }),
  )
  expect(bodies).toHaveLength(200)
  expect(new Set(bodies).size).toBe(1)
  await chat.turn(JSON.parse(bodies[0] as string)[1].instanceUuid)
  expect(await chat.texts()).toEqual(['user: Once', 'assistant: So far: Once. '])
  expect((await chat.say('Other', {}, headers)).body).toMatchObject({ code: 'KeyReused', status: 422 })
}, 120_000)

it('B01 a try that broke off after its message was taken is not said twice, also when the conversation is over', async () => {
  const chat = await openChat(place, { ...echo, chat: { afterEnd: 'close' } })
  const headers = { 'idempotency-key': 'broken-off' }
  const first = await chat.say('Once', {}, headers)
  await until('the end', async () => (await chat.session()).status === 'ended')
  // As it stands when the process was killed before it could keep its answer.
  await api.db.$client.query(
    "update idempotency set status = null, answer = null, claimed_until = now() - interval '1 second' where key = 'broken-off'",
  )
  expect((await chat.say('Once', {}, headers)).body).toEqual(first.body)
  expect(await chat.texts()).toEqual(['user: Once', 'assistant: So far: Once. '])
})

it('two APIs: each sends, reads and streams the same conversation', async () => {
  const other = await startApi({
    world,
    databaseUrl: String(world.db.$client.options.connectionString),
  }).catch(() => undefined)
  if (!other) throw new Error('no second API')
  try {
    const chat = await openChat(place, echo)
    await chat.ask('One')
    const events = await api.as('member').stream(`${chat.at}/stream`)
    const key = { authorization: `Bearer ${api.keys.member}`, 'content-type': 'application/json' }
    const at = `${other.url}/api/runtime/wks/${api.workspaceId}/app/${api.appId}/chat/sessions/${chat.chatSessionId}`
    const sent = await fetch(`${at}/messages`, {
      method: 'POST',
      headers: { ...key, prefer: 'wait=20' },
      body: JSON.stringify({ userMessage: 'Two' }),
    })
    expect([sent.status, ((await sent.json()) as { replies: { text: string }[] }).replies[0]?.text]).toEqual([
      200,
      'So far: One. Two. ',
    ])
    const reply = await events.next('the reply', ({ data }) => data.text === 'So far: One. Two. ')
    events.drop()
    // The reader comes back at the other one, as it does when the first is killed.
    const again = await other.as('member').stream(`${at.slice(other.url.length)}/stream`, {
      authorization: `Bearer ${api.keys.member}`,
      'last-event-id': String(reply.id),
    })
    await chat.ask('Three')
    await again.next('the next reply', ({ data }) => data.text === 'So far: One. Two. Three. ')
    expect(again.seen.every(({ id }) => id === undefined || id > (reply.id ?? 0))).toBe(true)
    again.drop()
  } finally {
    await other.close()
  }
})

it('F123 a chat has its welcome and thinking words from the catalog, and after a refresh what was said, with its suggestions', async () => {
  const words = { welcome: 'Ask me **anything**.', thinking: 'One moment …' }
  const chat = await openChat(place, { ...asking, chat: words })
  const cards = (await api.as('member').get('R/catalog?type=chat_driven&limit=100')).body.items
  expect(cards.find((one: { workflowId: string }) => one.workflowId === chat.workflowId)).toMatchObject(words)
  await chat.ask('Order')
  await chat.ask('a dozen')
  expect((await chat.session()).messages).toMatchObject([
    { role: 'user', text: 'Order' },
    { role: 'assistant', text: 'Hello.', suggestions: ['Two', 'Three'] },
    { role: 'assistant', text: 'How many?' },
    { role: 'user', text: 'a dozen' },
    { role: 'assistant', text: 'Order: 12' },
  ])
})

it('F078 the user message is ${userMessage} in the steps, as it was written; without one there is no turn', async () => {
  const chat = await openChat(place, echo)
  const { body } = await chat.ask('${1 + 1} «ü»')
  expect(body.replies[0].text).toBe('So far: ${1 + 1} «ü». ')
  const refused = await chat.send({})
  expect(refused.status).toBe(422)
  expect(refused.body.detail).toContain('The user message is mandatory in conversational workflows.')
})

it('F109 F110 F112 a trigger’s words reach the steps and no list, event or catalog', async () => {
  const chat = await openChat(place, triggered)
  const events: string[] = []
  const { body } = await chat.send(
    { trigger: { id: 'order-help', parameters: { who: '' } } },
    { prefer: 'wait=30' },
  )
  expect(body.replies[0].text).toBe('So far: Help with order ${orderId} of a guest.. ')
  expect(await chat.texts()).toEqual(['assistant: So far: Help with order ${orderId} of a guest.. '])
  const stream = await api.as('member').stream(`${chat.at}/stream`)
  await stream.next('the end', ({ event }) => event === 'instanceFinished')
  for (const { event, data } of stream.seen) events.push(`${event} ${data.role ?? ''} ${data.text ?? ''}`)
  expect(events.filter((one) => one.startsWith('message user'))).toEqual([])
  expect(stream.raw()).not.toContain('turnOpened')
  stream.drop()
  const { items } = (await api.as('member').get('R/catalog?type=chat_driven&limit=100')).body
  const card = items.find((one: { workflowId: string }) => one.workflowId === chat.workflowId)
  expect(card.triggers).toEqual([
    {
      id: 'order-help',
      name: 'Order support',
      parameters: [{ name: 'orderId' }, { name: 'who', default: 'a guest', description: 'Whose it is' }],
    },
  ])
})

it('F114 F098 the log of a turn: input, reply, type of the message, trigger, and the words of the start', async () => {
  const chat = await openChat(place, triggered)
  const typed = await chat.ask('Hello')
  const log = (instanceUuid: string) => api.as('member').get(`R/workflows/instances/${instanceUuid}/log`)
  expect((await log(typed.body.instanceUuid)).body).toMatchObject({
    input: { userMessage: 'Hello', chatSessionId: chat.chatSessionId },
    output: 'So far: Hello. ',
    userMessageType: 'text',
    trigger: null,
    start: { output: { user_message_type: 'text', trigger: null, user_message: 'Hello' } },
    memory: { summary: null },
    error: null,
    steps: [{ stepId: 'keep' }, { stepId: 'reply' }, { stepId: 'end' }],
  })
  const fired = await chat.send(
    { trigger: { id: 'order-help', parameters: { orderId: 'ORD-1' } } },
    { prefer: 'wait=30' },
  )
  const words = 'Help with order ORD-1 of a guest.'
  expect((await log(fired.body.instanceUuid)).body).toMatchObject({
    input: { userMessage: words, chatSessionId: chat.chatSessionId },
    userMessageType: 'AI trigger',
    trigger: 'Triggered by: Order support',
    start: {
      output: {
        user_message_type: 'AI trigger',
        trigger: 'Triggered by: Order support',
        user_message: words,
      },
    },
  })
})

it('F080 Start is made with the workflow and is no step of it: the one takes a message, the other JSON', async () => {
  const steps = [{ id: 'end', type: 'end' }]
  const made = async (type: string) => {
    const { body } = await api.as('admin').post('A/workflows', { name: 'Bare', type })
    expect(body.draft).toEqual({ name: 'Bare', type, steps: [] })
    return api.publish({ name: 'Bare', type, steps })
  }
  const log = async (instanceUuid: string) =>
    (await api.as('member').get(`R/workflows/instances/${instanceUuid}/log`)).body
  const chat = await openChat(place, await made('chat_driven'))
  const turn = (await chat.ask('Hi', { uiFlowContext: { page: 'home' } })).body.instanceUuid
  expect(await log(turn)).toMatchObject({
    input: { userMessage: 'Hi', chatSessionId: chat.chatSessionId },
    start: { output: { user_message_type: 'text', user_message: 'Hi' } },
    steps: [{ stepId: 'end' }],
  })
  const started = await api
    .as('member')
    .post(`R/workflows/${await made('output_focused')}/runs`, { input: { city: 'Oslo' } })
  await chat.turn(started.body.instanceUuid)
  expect(await log(started.body.instanceUuid)).toMatchObject({
    input: { city: 'Oslo' },
    start: { output: { user_message_type: null, user_message: null } },
    steps: [{ stepId: 'end' }],
  })
})

/** Says in its reply what a turn knows: what came with a message, what a step before gave, what the conversation set. */
const knowing = {
  variables: { plan: 'none', turns: 0 },
  steps: [
    { id: 'count', type: 'set', variables: { turns: '${variables.turns + 1}', last: '${userMessage}' } },
    { id: 'city', type: 'ask', question: 'Which city?', answer: { type: 'text' } },
    {
      id: 'reply',
      type: 'message',
      text: '${city}: plan ${variables.plan}, turn ${variables.turns}, by ${variables.?agent.orValue("nobody")}',
    },
    { id: 'end', type: 'end' },
  ],
}
async function talkOfCities() {
  const chat = await openChat(place, knowing)
  const talk = async (said: string, city: string, variables?: object): Promise<string> => {
    await chat.ask(said, variables ? { variables } : {})
    return (await chat.ask(city)).body.replies.at(-1).text
  }
  return { chat, talk }
}

it('F064 a turn sees the variables that were passed in with this message and with those before', async () => {
  const { talk } = await talkOfCities()
  expect(await talk('Hi', 'Oslo', { plan: 'Fleet' })).toBe('Oslo: plan Fleet, turn 1, by nobody')
  expect(await talk('More', 'Bergen', { agent: 'Lena' })).toBe('Bergen: plan Fleet, turn 2, by Lena')
})

it('F067 a step sees what the steps before it gave, in its own turn', async () => {
  const { talk } = await talkOfCities()
  expect(await talk('Hi', 'Oslo')).toBe('Oslo: plan none, turn 1, by nobody')
  expect(await talk('More', 'Bergen')).toBe('Bergen: plan none, turn 2, by nobody')
})

it('F068 what a conversation sets in a turn its later turns see, and so does its page', async () => {
  const { chat, talk } = await talkOfCities()
  await talk('Hi', 'Oslo', { plan: 'Fleet' })
  await talk('More', 'Bergen', { agent: 'Lena' })
  expect(await talk('Again', 'Tromsø')).toBe('Tromsø: plan Fleet, turn 3, by Lena')
  expect((await chat.session()).variables).toEqual({ plan: 'Fleet', turns: 3, last: 'Again', agent: 'Lena' })
})

it('F099 the log of a chat-reply step has its output as text and no response schema; that of another step has one', async () => {
  const schema = { type: 'object', required: ['mood'], properties: { mood: { type: 'string' } } }
  const suggestions = ['Where is it?', 'Thanks']
  world.models.will({ mood: 'kind' }, '**Hello** Ana', { suggestions })
  const chat = await openChat(place, {
    steps: [
      { id: 'mood', type: 'agent', prompt: 'The mood of ${userMessage}', responseSchema: schema },
      { id: 'reply', type: 'agent', prompt: 'Greet.', chatReply: true, suggestions: true },
      { id: 'end', type: 'end' },
    ],
  })
  const { body } = await chat.ask('Hi')
  expect(body).toMatchObject({ status: 'completed', suggestions })
  const log = await api.as('member').get(`R/workflows/instances/${body.instanceUuid}/log`)
  const [mood, reply] = log.body.steps
  expect(mood).toMatchObject({ output: { mood: 'kind' }, modelCalls: [{ prompt: { json: { schema } } }] })
  expect(reply).toMatchObject({ stepId: 'reply', output: '**Hello** Ana', modelCalls: [{}, {}] })
  expect(JSON.stringify(reply)).not.toMatch(/schema/i)
  expect(log.body.output).toBe('**Hello** Ana')
})

it('F091 a model works and no step replies: an error in the log of the turn, which completed', async () => {
  world.models.will('Deep')
  const chat = await openChat(place, {
    steps: [
      { id: 'thought', type: 'draft', format: 'text', prompt: '${userMessage}' },
      { id: 'end', type: 'end' },
    ],
  })
  const { body } = await chat.ask('Hi')
  expect(body).toMatchObject({ status: 'completed', replies: [] })
  const log = await api.as('member').get(`R/workflows/instances/${body.instanceUuid}/log`)
  expect(log.body).toMatchObject({ output: null, error: { code: 'InvalidDefinition' } })
  expect(log.body.error.message).toMatch(/^No chat reply: /)
})

describe('B10 a message while a turn is busy', () => {
  const busy = async (whileBusy: string) => {
    const chat = await openChat(place, approving(whileBusy))
    const first = await chat.say('A')
    await chat.asked()
    return { chat, first: first.body }
  }
  const approve = async (chat: Awaited<ReturnType<typeof openChat>>, text: string) => {
    const request = await until(`the approval of ${text}`, async () =>
      (await chat.session()).requests.find(
        ({ artifact }: { artifact?: { text: string } }) => artifact?.text === text,
      ),
    )
    const at = `R/workflows/instances/${request.instanceUuid}/decisions`
    expect((await api.as('member').post(at, { decision: 'approve' })).status).toBe(200)
  }

  it('B10 queue: waits visibly, can be taken back, has a turn of its own', async () => {
    const { chat, first } = await busy('queue')
    const second = (await chat.say('B')).body
    const third = (await chat.say('C')).body
    expect([second.status, third.status]).toEqual(['queued', 'queued'])
    expect((await chat.session()).queued).toMatchObject([
      { messageId: second.messageId, text: 'B' },
      { messageId: third.messageId, text: 'C' },
    ])
    expect((await api.as('member').delete(`${chat.at}/messages/${second.messageId}`)).status).toBe(204)
    expect((await chat.session()).queued).toMatchObject([{ text: 'C' }])
    expect((await api.as('member').delete(`${chat.at}/messages/${second.messageId}`)).body.code).toBe(
      'NotOpen',
    )
    expect((await api.as('member').delete(`${chat.at}/messages/${first.messageId}`)).body.code).toBe(
      'NotOpen',
    )
    await approve(chat, 'A')
    await chat.turn(first.instanceUuid)
    await approve(chat, 'C')
    await chat.turn(third.instanceUuid)
    expect(await chat.texts()).toEqual(['user: A', 'assistant: Went: A', 'user: C', 'assistant: Went: C'])
    const { seen } = await eventsOf(chat.at)
    expect(
      seen.filter(({ event }) => event.startsWith('messageQ') || event.startsWith('messageR')),
    ).toMatchObject([
      { event: 'messageQueued', data: { messageId: second.messageId, text: 'B' } },
      { event: 'messageQueued', data: { messageId: third.messageId } },
      { event: 'messageRemoved', data: { messageId: second.messageId } },
    ])
  })

  it('B10 merge: what waits becomes one turn', async () => {
    const { chat } = await busy('merge')
    const second = (await chat.say('B')).body
    await chat.say('C')
    await approve(chat, 'A')
    await approve(chat, 'B\n\nC')
    await chat.turn(second.instanceUuid)
    expect((await chat.texts()).slice(2)).toEqual(['user: B', 'user: C', 'assistant: Went: B\n\nC'])
  })

  it('B10 interrupt: the turn is cancelled as by cancel, then the message has its own', async () => {
    const { chat, first } = await busy('interrupt')
    const second = (await chat.say('B')).body
    expect((await chat.turn(first.instanceUuid)).status).toBe('cancelled')
    await approve(chat, 'B')
    await chat.turn(second.instanceUuid)
    expect(await chat.texts()).toEqual(['user: A (cancelled)', 'user: B', 'assistant: Went: B'])
  })

  it('B10 reject: 409 Busy, and the message is nowhere', async () => {
    const { chat, first } = await busy('reject')
    expect((await chat.say('B')).body).toMatchObject({ status: 409, code: 'Busy' })
    await approve(chat, 'A')
    await chat.turn(first.instanceUuid)
    expect(await chat.texts()).toEqual(['user: A', 'assistant: Went: A'])
  })

  it.each(['queue', 'merge', 'interrupt', 'reject'])(
    'B10 %s: an open question is answered by it',
    async (whileBusy) => {
      const chat = await openChat(place, { ...asking, chat: { whileBusy } })
      const first = (await chat.say('Order')).body
      await chat.asked()
      expect((await chat.say('12')).body).toMatchObject({
        status: 'answered',
        instanceUuid: first.instanceUuid,
      })
      await chat.turn(first.instanceUuid)
      expect((await chat.texts()).at(-1)).toBe('assistant: Order: 12')
    },
  )
})

/** What a stream of a conversation gives until it has caught up. */
async function eventsOf(at: string, headers: Record<string, string> = {}) {
  const stream = await api.as('member').stream(`${at}/stream`, headers)
  const { rows } = await api.db.$client.query(
    "select max(seq) as seq from journal where stream_id = $1 and event not in ('turnOpened', 'variablesSet', 'sessionStarted')",
    [at.split('/').at(-1)],
  )
  const newest = Number(rows[0].seq)
  if (newest > Number(headers['last-event-id'] ?? 0)) await stream.next('the last', ({ id }) => id === newest)
  stream.drop()
  return stream
}

it('answers and decisions reach a turn by its instance; what does not fit is a 422 and costs nothing', async () => {
  const chat = await openChat(place, asking)
  const { instanceUuid } = (await chat.say('Order')).body
  await chat.asked()
  const at = `R/workflows/instances/${instanceUuid}/answers`
  expect((await api.as('member').post(at, { value: 'no idea' })).body).toMatchObject({
    status: 422,
    code: 'AnswerRefused',
  })
  expect((await api.as('member').post(at, { value: 3 })).status).toBe(200)
  await chat.turn(instanceUuid)
  expect((await chat.texts()).at(-1)).toBe('assistant: Order: 3')
  expect((await api.as('member').post(at, { value: 3 })).status).toBe(409)
})

it('F121 F118 F119 a turn is cancelled and not its conversation: prompt kept and marked, chatCancelled told', async () => {
  const chat = await openChat(place, {
    ...approving('queue'),
    variables: { n: 0 },
    steps: [
      { id: 'count', type: 'set', variables: { n: '${variables.n + 1}' } },
      ...approving('queue').steps,
    ],
  })
  const { instanceUuid, messageId } = (await chat.say('A')).body
  await chat.asked()
  const at = `R/workflows/instances/${instanceUuid}/cancel`
  expect(await api.as('member').post(at)).toMatchObject({ status: 202, body: { instanceUuid } })
  expect(await chat.turn(instanceUuid)).toMatchObject({ status: 'cancelled', requests: [] })
  expect((await api.as('member').post(at)).status).toBe(202)
  expect(await chat.texts()).toEqual(['user: A (cancelled)'])
  const { seen } = await eventsOf(chat.at)
  expect(seen.find(({ event }) => event === 'chatCancelled')?.data).toMatchObject({
    channel: 'CHAT_WORKFLOW_RESPONSE',
    chatSessionId: chat.chatSessionId,
    instanceUuid,
    messageId,
  })
  const next = (await chat.say('B')).body
  const { requestId } = await chat.asked()
  const decide = `R/workflows/instances/${next.instanceUuid}/decisions`
  expect((await api.as('member').post(decide, { requestId, decision: 'approve' })).status).toBe(200)
  await chat.turn(next.instanceUuid)
  expect((await chat.session()).variables).toEqual({ n: 1 })
  const over = await api.as('member').post(`R/workflows/instances/${next.instanceUuid}/cancel`)
  expect(over.body).toMatchObject({ status: 409, code: 'NotRunning' })
  for (const what of ['retry', 'rewind'])
    expect(
      (
        await api.as('member').post(`R/workflows/instances/${instanceUuid}/${what}`, {
          ...(what === 'rewind' ? { requestId: randomUUID(), value: 1 } : {}),
        })
      ).status,
    ).toBe(409)
})

it('F045 a conversation keeps its version and new ones have the new one; ended, it starts anew under its id on the newest', async () => {
  const chat = await openChat(place, echo)
  await chat.ask('One')
  await api.as('admin').put(`A/workflows/${chat.workflowId}/draft`, {
    name: 'Test',
    type: 'chat_driven',
    steps: [
      { id: 'reply', type: 'message', text: 'New: ${userMessage}' },
      { id: 'end', type: 'end' },
    ],
  })
  await api.as('admin').post(`A/workflows/${chat.workflowId}/publish`)
  expect((await chat.ask('Still')).body.replies).toMatchObject([{ text: 'So far: One. Still. ' }])
  expect(await chat.session()).toMatchObject({ version: 1 })
  const fresh = await openChat(place, chat.workflowId)
  expect((await fresh.ask('Hi')).body.replies).toMatchObject([{ text: 'New: Hi' }])
  const ended = await api.as('member').post(`${chat.at}/end`)
  expect(ended).toMatchObject({ status: 202, body: { chatSessionId: chat.chatSessionId, status: 'ended' } })
  expect((await api.as('member').post(`${chat.at}/end`)).body).toEqual(ended.body)
  expect(await chat.session()).toMatchObject({ status: 'ended', endReason: 'ended' })
  const { body } = await api
    .as('member')
    .post(`${chat.at}/messages`, { userMessage: 'Two' }, { prefer: 'wait=30' })
  expect(body.replies).toMatchObject([{ text: 'New: Two' }])
  expect(await chat.session()).toMatchObject({ status: 'open', endReason: null, version: 2, endedAt: null })
  expect(await chat.texts()).toEqual([
    'user: One',
    'assistant: So far: One. ',
    'user: Still',
    'assistant: So far: One. Still. ',
    'user: Two',
    'assistant: New: Two',
  ])
})

it('messages that come while a conversation closes after its pass start it anew: none is lost or doubled', async () => {
  const chat = await openChat(place, { ...echo, chat: { afterEnd: 'close' } })
  const said = Array.from({ length: 10 }, (_, n) => `m${n}`)
  for (const words of said) {
    // As soon as the turn before is over; one that takes long is waited for.
    const { status, body } = await chat.ask(words)
    expect([body.detail, status < 300]).toEqual([undefined, true])
    await chat.turn(body.instanceUuid)
  }
  // One that was still in time has a turn beside the one before it, with what that one set; the others begin anew.
  const reply = (words: string) => expect.stringMatching(`^assistant: So far: (m\\d\\. )*${words}\\. $`)
  expect(await chat.texts()).toEqual(said.flatMap((words) => [`user: ${words}`, reply(words)]))
}, 120_000)

it('B12 a session’s stream: every turn in one sequence; a reader that is dropped 25 times misses and doubles nothing', async () => {
  const chat = await openChat(place, echo)
  const got: number[] = []
  let last = 0
  for (let n = 1; n <= 25; n++) {
    const sent = chat.say(`m${n}`)
    const stream = await api
      .as('member')
      .stream(`${chat.at}/stream`, last > 0 ? { 'last-event-id': String(last) } : {})
      .catch(() => undefined)
    const { body } = await sent
    if (stream?.status === 200) {
      await until('something new', () => stream.seen.some(({ id }) => (id ?? 0) > last))
      stream.drop()
      for (const { id } of stream.seen) if (id !== undefined) got.push(id)
      last = got.at(-1) ?? last
    }
    await chat.turn(body.instanceUuid)
  }
  const rest = await eventsOf(chat.at, { 'last-event-id': String(last) })
  for (const { id } of rest.seen) if (id !== undefined) got.push(id)
  const rows = await api.db
    .select({ seq: journal.seq, event: journal.event })
    .from(journal)
    .where(and(eq(journal.streamId, chat.chatSessionId)))
    .orderBy(journal.seq)
  const shown = rows
    .filter(({ event }) => !['turnOpened', 'variablesSet', 'sessionStarted'].includes(event))
    .map(({ seq }) => Number(seq))
  expect(got).toEqual(shown)
  expect(rest.headers.get('x-accel-buffering')).toBe('no')
}, 60_000)

it('B12 a turn’s own stream holds its events and no other turn’s', async () => {
  const chat = await openChat(place, echo)
  const first = (await chat.ask('One')).body
  const second = (await chat.ask('Two')).body
  for (const { instanceUuid } of [first, second]) {
    const stream = await api.as('member').stream(`R/workflows/instances/${instanceUuid}/stream`)
    await stream.next('the end', ({ event }) => event === 'instanceFinished')
    expect(new Set(stream.seen.map(({ data }) => data.instanceUuid))).toEqual(new Set([instanceUuid]))
    expect(stream.seen[0]).toMatchObject({
      event: 'instanceStarted',
      data: { chatSessionId: chat.chatSessionId },
    })
    stream.drop()
  }
})

it('older messages come in pages, and lists know the caller’s conversations', async () => {
  const chat = await openChat(place, echo)
  for (const text of ['a', 'b', 'c']) await chat.ask(text)
  const page = (cursor = '') => api.as('member').get(`${chat.at}?limit=4${cursor ? `&cursor=${cursor}` : ''}`)
  const newest = (await page()).body
  const older = (await page(newest.nextCursor)).body
  expect([...older.messages, ...newest.messages].map(({ text }: { text: string }) => text)).toEqual([
    'a',
    'So far: a. ',
    'b',
    'So far: a. b. ',
    'c',
    'So far: a. b. c. ',
  ])
  expect(older.nextCursor).toBeNull()
  const mine = (await api.as('member').get('R/chat/sessions?limit=1')).body
  expect(mine.items).toMatchObject([{ chatSessionId: chat.chatSessionId, status: 'open' }])
  const next = (await api.as('member').get(`R/chat/sessions?limit=1&cursor=${mine.nextCursor}`)).body
  expect(next.items[0].chatSessionId).not.toBe(chat.chatSessionId)
  expect((await api.as('other').get('R/chat/sessions')).body.items).toEqual([])
  const { body } = await api
    .as('builder')
    .get(`A/sessions?workflowId=${chat.workflowId}&version=1&status=open`)
  expect(body.items).toMatchObject([{ chatSessionId: chat.chatSessionId, startedBy: { userId: 'member' } }])
  expect(
    (await api.as('builder').get(`A/sessions?workflowId=${chat.workflowId}&version=2`)).body.items,
  ).toEqual([])
})

it('active sessions are counted on the cards and told as they change; deactivating ends them', async () => {
  const chat = await openChat(place, approving('queue'))
  const stream = await api.as('builder').stream('A/stream')
  const count = (number: number) =>
    stream.next(
      `the count ${number}`,
      ({ event, data }) =>
        event === 'activeSessions' && data.workflowId === chat.workflowId && data.count === number,
    )
  await count(0)
  const { instanceUuid } = (await chat.say('A')).body
  await chat.asked()
  await count(1)
  const card = async () => (await api.as('builder').get(`A/workflows/${chat.workflowId}`)).body.activeSessions
  expect(await card()).toBe(1)
  stream.seen.length = 0
  const { status, body } = await api.as('admin').post(`A/workflows/${chat.workflowId}/deactivate-sessions`)
  expect([status, body]).toEqual([202, { ended: 1 }])
  expect((await chat.turn(instanceUuid)).status).toBe('cancelled')
  expect(await chat.session()).toMatchObject({ status: 'ended', endReason: 'deactivated', requests: [] })
  await count(0)
  expect(await card()).toBe(0)
  stream.drop()
})

it('deleting a workflow ends its conversations, and nothing starts them again', async () => {
  const chat = await openChat(place, approving('queue'))
  await chat.say('A')
  await chat.asked()
  expect((await api.as('admin').delete(`A/workflows/${chat.workflowId}`)).status).toBe(204)
  expect(await chat.session()).toMatchObject({ status: 'ended', endReason: 'deleted' })
  expect((await chat.say('B')).body).toMatchObject({ status: 404 })
  const [row] = await api.db.select().from(sessions).where(eq(sessions.chatSessionId, chat.chatSessionId))
  expect(row?.endedAt).not.toBeNull()
})
