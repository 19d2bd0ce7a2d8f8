import { randomUUID } from 'node:crypto'
import { startApi, type TestApi } from '../harness/api.ts'
import { approving, asking, echo, openChat, triggered } from '../harness/chat.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'
import { keys, Play } from './play.ts'

const esc = '\u001b'

let world: World
let api: TestApi
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
})

const call = (args: string[], options: { onTerminal?: boolean } = {}) =>
  new Play(['--url', api.url, '--key', api.keys.member, ...args], options)

const publish = (definition: object, name: string) =>
  api.publish({ name, type: 'chat_driven', ...definition })

/** As the server has the conversation. */
const textsOf = async (workflowId: string, chatSessionId: string) =>
  (await openChat({ world, api }, workflowId, 'member', chatSessionId)).texts()

describe('parley chat', () => {
  it('welcomes, replies, says how to come back, and shows on coming back what was said', async () => {
    const workflowId = await publish({ ...echo, chat: { welcome: 'Ask me **anything**.' } }, 'Greeter')
    const chatSessionId = randomUUID()
    const talk = call(['chat', 'greeter', '--session', chatSessionId], { onTerminal: true })
    await talk.sees('Ask me anything.')
    await talk.sees('You')
    await talk.press('One', keys.enter)
    await talk.sees('So far: One.')
    await talk.sees('You')
    await talk.press('/quit', keys.enter)
    await talk.sees(`chat --session ${chatSessionId}`)
    expect(await talk.done).toBe(0)

    const back = call(['chat', '--session', chatSessionId], { onTerminal: true })
    await back.sees('› One')
    await back.sees('So far: One.')
    await back.sees('You')
    await back.press('Two', keys.enter)
    await back.sees('So far: One. Two.')
    await back.sees('You')
    await back.press('/end', keys.enter)
    expect(await back.done).toBe(0)
    await until('the end', async () => {
      const { body } = await api.as('member').get(`R/chat/sessions/${chatSessionId}`)
      return body.status === 'ended'
    })
    expect(await textsOf(workflowId, chatSessionId)).toEqual([
      'user: One',
      'assistant: So far: One. ',
      'user: Two',
      'assistant: So far: One. Two. ',
    ])
  })

  it('asks what a turn asks, and sends a suggestion by its number', async () => {
    await publish(
      {
        steps: [
          ...asking.steps.slice(1, -1),
          { id: 'more', type: 'message', text: 'Anything else?', quickReplies: ['Two boxes', 'No'] },
          { id: 'end', type: 'end' },
        ],
      },
      'Counter',
    )
    const talk = call(['chat', 'counter'], { onTerminal: true })
    await talk.sees('You')
    await talk.press('Boxes', keys.enter)
    await talk.sees('How many?')
    await talk.press('lots', keys.enter)
    await talk.sees('“lots” is not a number')
    await talk.sees('How many?')
    await talk.press(keys.clear, '12k', keys.enter)
    await talk.sees('Boxes: 12000')
    await talk.sees('2 No')
    await talk.press('1', keys.enter)
    await talk.sees('› Two boxes')
    await talk.sees('How many?')
    await talk.press(keys.ctrlC)
    await talk.sees('Cancelled: “Two boxes”')
    await talk.press(keys.ctrlC)
    expect(await talk.done).toBe(0)
  })

  it('a message typed while a turn is busy waits visibly, and Esc cancels the turn only', async () => {
    const chatSessionId = randomUUID()
    const workflowId = await publish(
      {
        steps: approving('queue').steps.map((step) =>
          step.type === 'approval' ? { ...step, approvers: { role: 'admin' } } : step,
        ),
      },
      'Gate',
    )
    const talk = call(['chat', 'gate', '--session', chatSessionId], { onTerminal: true })
    await talk.sees('You')
    await talk.press('First', keys.enter)
    await talk.sees('Waiting for')
    await talk.press('Second', keys.enter)
    await talk.sees('Waits for its turn: “Second”')
    await talk.press(esc)
    await talk.sees('Cancelled: “First”')
    await talk.sees('Its turn: “Second”')
    await talk.press(keys.ctrlC)
    await talk.sees('Cancelled: “Second”')
    await talk.press(keys.ctrlC)
    expect(await talk.done).toBe(0)
    expect(await textsOf(workflowId, chatSessionId)).toEqual([
      'user: First (cancelled)',
      'user: Second (cancelled)',
    ])
  })

  it('--message prints one reply, and --json every event with the result', async () => {
    const chatSessionId = randomUUID()
    const workflowId = await publish(echo, 'Echo')
    const one = call(['chat', workflowId, '--session', chatSessionId, '--message', 'One'])
    expect(await one.done).toBe(0)
    expect(one.output.split('\n')[0]).toBe('So far: One. ')
    const two = call(['--json', 'chat', '--session', chatSessionId, '--message', 'Two'])
    expect(await two.done).toBe(0)
    expect(two.lines.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['instanceStarted', 'message', 'instanceFinished', 'result']),
    )
    expect(two.output).not.toContain('So far: One. "')
    expect(two.lines.at(-1)?.data).toMatchObject({ chatSessionId, status: 'completed' })
  })

  it('--message: a question comes back with 0 and is answered by the next one; a turn that fails ends with 1', async () => {
    const chatSessionId = randomUUID()
    const workflowId = await publish(asking, 'Ask')
    const first = call(['chat', workflowId, '--session', chatSessionId, '--message', 'Boxes'])
    expect(await first.done).toBe(0)
    expect(first.output).toContain('Hello.\nHow many?\n')
    const second = call(['chat', '--session', chatSessionId, '--message', '12'])
    expect(await second.done).toBe(0)
    expect(second.output.split('\n')[0]).toBe('Boxes: 12')

    const failing = await publish(
      {
        steps: [
          { id: 'no', type: 'message', text: '${variables.none.at}' },
          { id: 'end', type: 'end' },
        ],
      },
      'Failing',
    )
    const failed = call(['chat', failing, '--message', 'Go'])
    expect(await failed.done).toBe(1)
    expect(failed.output).toContain('The turn failed:')
  })

  it('a turn is found by the beginning of its id, to be answered, watched and looked at', async () => {
    const chat = await openChat({ world, api }, await publish(asking, 'Turns'))
    const { instanceUuid } = (await chat.say('Boxes')).body
    await chat.asked()
    const short = instanceUuid.slice(0, 8)
    const given = call(['answer', short, '12'])
    expect([await given.done, given.output]).toEqual([0, 'Answered.\n'])
    await chat.turn(instanceUuid)
    const watched = call(['watch', short])
    expect(await watched.done).toBe(0)
    expect(watched.output).toContain('Boxes: 12')
    const log = call(['--json', 'log', short])
    expect(await log.done).toBe(0)
    expect(log.lines[0]).toMatchObject({ input: { userMessage: 'Boxes', chatSessionId: chat.chatSessionId } })
  })

  it('F107 says to which page a conversation leads', async () => {
    const page = { pageId: 'order', title: 'Order', queryParameters: [{ name: 'orderId' }] }
    const { body } = await api.as('admin').post('A/ui-flows', { name: 'Shop', pages: [page] })
    const to = { uiFlowId: body.uiFlowId, pageId: 'order', parameters: { orderId: '${userMessage}' } }
    const steps = [
      { id: 'go', type: 'navigate', ...to },
      { id: 'end', type: 'end' },
    ]
    const workflowId = await publish({ steps }, 'Guide')
    const once = call(['chat', workflowId, '--message', '7'])
    expect(await once.done).toBe(0)
    expect(once.output).toContain('→ page “Order” (orderId: 7)')
    const talk = call(['chat', workflowId], { onTerminal: true })
    await talk.sees('You')
    await talk.press('8', keys.enter)
    await talk.sees('→ page “Order” (orderId: 8)')
    await talk.press('/quit', keys.enter)
    expect(await talk.done).toBe(0)
  })

  it('a trigger is sent with its parameters, and an unknown one is refused', async () => {
    const workflowId = await publish(triggered, 'Triggered')
    const run = call(['chat', workflowId, '--trigger', 'order-help', '--param', 'orderId=7=8'])
    expect(await run.done).toBe(0)
    expect(run.output).toContain('So far: Help with order 7=8 of a guest.')
    const none = call(['chat', workflowId, '--trigger', 'nothing'])
    expect(await none.done).toBe(1)
    expect(none.output).toContain('nothing')
  })

  it('says what is wrong with how it is called', async () => {
    const cases: [string[], string][] = [
      [['--session', 'abc', '--message', 'x'], '--session is the UUID'],
      [['--message', ' '], '--message is empty'],
      [['--message', 'x', '--trigger', 'y'], 'not both'],
      [['--param', 'a=b', '--message', 'x'], '--param belongs to a --trigger'],
      [['--trigger', 'y', '--param', 'ab'], '--param is name=value'],
      [['nothing at all', '--message', 'x'], 'No workflow to talk with is called “nothing at all”'],
      [[], 'Nobody can type here'],
    ]
    for (const [args, told] of cases) {
      const wrong = call(['chat', ...args])
      expect(await wrong.done).toBe(2)
      expect(wrong.output).toContain(told)
    }
  })
})
