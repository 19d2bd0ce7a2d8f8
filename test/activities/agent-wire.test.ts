import { createOpenAiModels } from '../../activities/providers/models/openai.ts'
import { type ModelServer, startModelServer } from '../harness/model-server.ts'
import { createWorld, type World } from '../harness/world.ts'

/** Stands in every value of the run but the one that the prompt names. */
const canary = 'canary-4711'

let world: World
let model: ModelServer

beforeAll(async () => {
  model = await startModelServer(({ messages }) =>
    messages.some(({ content }) => content.includes('Task: draft')) ? `Drafted: ${canary}` : 'Answered.',
  )
  world = await createWorld((deps) => ({
    ...deps,
    models: createOpenAiModels({ apiKey: 'test', baseUrl: model.baseUrl, model: 'test-model' }),
  }))
})
beforeEach(() => {
  model.requests.length = 0
})
afterEach(() => world.replay())
afterAll(async () => {
  await world.close()
  await model.close()
})

const begin = (more: Record<string, unknown>) =>
  world.begin(
    {
      variables: { note: canary },
      steps: [
        { id: 'before', type: 'draft', format: 'text', prompt: 'Write.' },
        { id: 'answer', type: 'agent', prompt: 'Look after ${input.order}.', ...more },
        { id: 'done', type: 'end', output: '${answer}' },
      ],
    },
    { input: { order: 'A7', customer: canary } },
  )
/** What left the process for the agent: the bodies as they came. */
const sent = () =>
  model.requests.map((body) => JSON.stringify(body)).filter((body) => body.includes('Task: agent'))

it('F087 nothing leaves the process but what the prompt names', async () => {
  const run = await begin({})
  expect((await world.ended(run)).view.output).toBe('Answered.')
  expect(sent()).toHaveLength(1)
  expect(sent()[0]).toContain('Look after A7.')
  expect(sent()[0]).not.toContain(canary)
  expect(sent()[0]).not.toContain('customer')
})

it('F087 with the switch off the whole input of the step goes along', async () => {
  const run = await begin({ onlyReferences: false })
  await world.ended(run)
  const [body = ''] = sent()
  expect(body).toContain('Look after A7.')
  const context = /<context>\\n(.*?)\\n<\/context>/.exec(body)?.[1] ?? ''
  expect(JSON.parse(JSON.parse(`"${context}"`))).toEqual({
    input: { order: 'A7', customer: canary },
    variables: { note: canary },
    before: `Drafted: ${canary}`,
  })
})
