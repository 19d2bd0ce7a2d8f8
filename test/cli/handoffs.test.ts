import { startApi, type TestApi, type Who } from '../harness/api.ts'
import { openChat } from '../harness/chat.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'
import { keys, Play } from './play.ts'

let world: World
let api: TestApi
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
  await api.as('admin').post('A/teams', { name: 'support', members: ['other'] })
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
})

const handing = {
  steps: [
    { id: 'person', type: 'route', team: 'support', note: '${userMessage}' },
    { id: 'after', type: 'message', text: 'Back: ${person.note}' },
    { id: 'end', type: 'end' },
  ],
}

const started = (who: Who, args: string[], more = {}) =>
  new Play(['--url', api.url, '--key', api.keys[who], ...args], more)

async function parley(who: Who, ...args: string[]) {
  const play = started(who, args)
  return { exitCode: await play.done, output: play.output, lines: play.lines }
}

test('F040 a person of the team lists, takes, says and hands back', async () => {
  const chat = await openChat({ world, api }, handing)
  const { instanceUuid } = (await chat.say('My parcel is lost')).body
  const { requestId } = await chat.asked()
  const id = requestId.slice(0, 8)
  const listed = await parley('other', 'handoffs')
  expect(listed.output).toMatch(new RegExp(`^${id}  .*  support  waits  My parcel is lost`))
  expect((await parley('member', 'handoffs')).output).toBe('No conversation waits for you.\n')
  expect(await parley('member', 'handoffs', 'take', id)).toMatchObject({ exitCode: 2 })
  const taken = await parley('other', 'handoffs', 'take', id)
  expect(taken).toMatchObject({ exitCode: 0, output: expect.stringContaining('user: My parcel is lost') })
  expect((await parley('other', 'handoffs')).output).toContain('with other')
  expect(await parley('other', 'handoffs', 'say', id, 'Which one?')).toMatchObject({ exitCode: 0 })
  const sent = await parley('member', 'chat', '--session', chat.chatSessionId, '--message', '10017')
  expect(sent).toMatchObject({ exitCode: 0, output: expect.stringContaining('got your message') })
  expect(await parley('other', 'handoffs', 'return', id, '--note', 'sent again')).toMatchObject({
    exitCode: 0,
  })
  await chat.turn(instanceUuid)
  expect((await chat.texts()).slice(2)).toEqual([
    'agent: Which one?',
    'user: 10017',
    'assistant: Back: sent again',
  ])
  const nothing = await parley('other', 'handoffs', 'say', id, 'Late')
  expect(nothing).toMatchObject({
    exitCode: 2,
    output: expect.stringContaining('No open handoff begins with'),
  })
})

test('F040 in a chat the user sees the person come, speak and leave', async () => {
  const workflowId = await api.publish({ name: 'Desk', type: 'chat_driven', ...handing })
  const chat = await openChat({ world, api }, workflowId)
  const { instanceUuid } = (await chat.say('Help me')).body
  const { requestId } = await chat.asked()
  const play = started('member', ['chat', '--session', chat.chatSessionId], { onTerminal: true })
  await play.sees('Somebody of support will talk with you here.')
  await play.sees('Waiting for somebody of support.')
  const other = api.as('other')
  await other.post(`R/handoffs/${requestId}/take`)
  await play.sees('other is here.')
  await other.post(`R/handoffs/${requestId}/messages`, { text: 'What is it?' })
  await play.sees('What is it?')
  await play.sees('— other')
  await play.press('I', 't', keys.enter)
  await play.sees('› It')
  await until('what was said', async () => (await chat.texts())[3] === 'user: It')
  await other.post(`R/handoffs/${requestId}/return`, { note: 'done' })
  await play.sees('other has left.')
  await play.sees('Back: done')
  await chat.turn(instanceUuid)
  await play.sees('You')
  await play.press(keys.ctrlC, keys.ctrlC)
  expect(await play.done).toBe(0)
})
