import { ana, createWorld, type World } from '../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const brief = {
  name: 'Meeting brief',
  steps: [
    {
      id: 'topic',
      type: 'ask',
      question: 'What is the meeting about?',
      answer: { type: 'text', minLength: 5 },
    },
    {
      id: 'length',
      type: 'ask',
      question: 'How long may it be?',
      answer: {
        type: 'choice',
        strict: true,
        options: [
          { value: 'one', label: 'One page' },
          { value: 'two', label: 'Two pages' },
        ],
      },
    },
    {
      id: 'brief',
      type: 'draft',
      format: 'markdown',
      prompt: "Write ${length == 'one' ? 300 : 600} words on ${topic}.",
    },
    { id: 'ok', type: 'approval', title: 'Send it?', artifact: { text: '${brief}' }, edit: true },
    { id: 'file', type: 'document', format: 'md', name: 'Brief: ${topic}', content: '${ok.text}' },
    { id: 'out', type: 'deliver', files: ['${file}'], to: ['library'] },
    { id: 'done', type: 'end', output: { brief: '${file.fileId}' } },
  ],
}

it('F001 asks for inputs, runs its steps in order and delivers a finished artifact', async () => {
  world.models.will('A brief about the quarter.')
  const run = await world.start(await world.publish(brief))
  await world.request(run, 'topic')
  await world.runs.answer(run, { value: 'The quarter', by: ana })
  await world.request(run, 'length')
  await world.runs.answer(run, { value: 'the second one', by: ana })
  const approval = await world.request(run, 'ok')
  expect(approval.artifact?.text).toBe('A brief about the quarter.')
  await world.runs.decide(run, { decision: 'approve', by: ana })
  const ended = await world.ended(run)
  expect(ended.status).toBe('completed')
  expect(ended.view).toMatchObject({ percent: 100, assets: [{ name: 'Brief The quarter.md' }] })
  expect(await world.runs.result(run)).toEqual({ brief: ended.view.assets[0]?.fileId })
  expect(world.models.requests.at(-1)?.user).toBe('Write 600 words on The quarter.')
})
