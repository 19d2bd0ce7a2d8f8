import { randomUUID } from 'node:crypto'
import { ana, createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

it('F038 says its text, with what was answered before in it', async () => {
  const run = await world.begin({
    steps: [
      { id: 'name', type: 'ask', question: 'Who are you?', answer: { type: 'text' } },
      { id: 'hello', type: 'message', text: 'Hello ${name}, ${input.?city.orValue("nowhere")}.' },
    ],
  })
  await world.request(run, 'name')
  await world.runs.answer(run, { value: 'Kari', by: ana })
  await world.ended(run)
  const said = await world.events(run, 'message')
  expect(said.map(({ role, text }) => [role, text])).toEqual([
    ['user', 'Kari'],
    ['assistant', 'Hello Kari, nowhere.'],
  ])
  expect(said[1]).toMatchObject({ stepId: 'hello', attachments: [] })
})

it('F038 offers quick replies as suggestions', async () => {
  const run = await world.begin(
    {
      steps: [
        { id: 'menu', type: 'message', text: 'What now?', quickReplies: ['An offer', '${input.other}'] },
      ],
    },
    { input: { other: 'A person' } },
  )
  await world.ended(run)
  expect(await world.events(run, 'suggestions')).toEqual([{ items: ['An offer', 'A person'] }])
  expect((await world.events(run, 'message'))[0].suggestions).toEqual(['An offer', 'A person'])
})

it('F038 attaches files by their ids, and files that a step gave', async () => {
  const first = await world.upload('one.txt', 'one')
  const second = await world.upload('two.txt', 'two')
  const run = await world.begin(
    {
      steps: [
        { id: 'show', type: 'message', text: 'Here they are.', fileIds: ['${input.id}', '${input.file}'] },
      ],
    },
    { input: { id: first.fileId, file: second } },
  )
  await world.ended(run)
  expect(
    (await world.events(run, 'message'))[0].attachments.map(({ name }: { name: string }) => name).sort(),
  ).toEqual(['one.txt', 'two.txt'])
})

it('a message fails when it names a file that the app does not have', async () => {
  const run = await world.begin(
    { steps: [{ id: 'show', type: 'message', text: 'Here it is.', fileIds: '${input.id}' }] },
    { input: { id: randomUUID() } },
  )
  const ended = await world.ended(run)
  expect(ended.view).toMatchObject({ status: 'failed', error: { code: 'NotFound' } })
  expect(await world.events(run, 'message')).toEqual([])
})
