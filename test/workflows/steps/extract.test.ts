import { eq } from 'drizzle-orm'
import { defaultSettings } from '../../../shared/contract/settings.ts'
import { workspaces } from '../../../storage/sql/schema.ts'
import { createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
  await world.db
    .update(workspaces)
    .set({ settings: { ...defaultSettings, timeZone: 'Europe/Oslo' } })
    .where(eq(workspaces.workspaceId, world.workspaceId))
})
afterEach(() => world.replay())
afterAll(() => world.close())

const properties = [
  { name: 'customer', type: 'string', description: 'who it is for' },
  { name: 'due', type: 'datetime', description: 'when it is due' },
  { name: 'urgency', type: 'enum', description: 'how urgent', values: ['low', 'high'] },
  { name: 'drivers', type: 'number', description: 'how many drivers' },
]
const extracting = (from: string, input: object = {}) =>
  world.begin(
    {
      steps: [
        { id: 'facts', type: 'extract', from, properties },
        { id: 'end', type: 'end', output: { facts: '${facts}' } },
      ],
    },
    { input: input as never },
  )
const outputOf = async (run: string) => {
  const { view } = await world.ended(run)
  expect(view.error).toBeNull()
  return view.output
}

it('the values a text states, moments in UTC by the workspace’s zone, null where it states none', async () => {
  world.models.will({
    customer: ' Fjord AS ',
    due: '2026-12-01T15:30:00',
    urgency: null,
    drivers: 38,
    more: 'x',
  })
  const run = await extracting('${input.mail}', {
    mail: 'For Fjord AS, 38 drivers, by 1 December at half past three.',
  })
  expect(await outputOf(run)).toEqual({
    facts: { customer: 'Fjord AS', due: '2026-12-01T14:30:00Z', urgency: null, drivers: 38 },
  })
  const [request] = world.models.requests.slice(-1)
  expect(request?.user).toContain('<sources>\nFor Fjord AS')
  expect(request?.system).toMatch(/Task: extract[\s\S]*zone Europe\/Oslo/)
  expect(request?.json?.schema).toMatchObject({
    required: ['customer', 'due', 'urgency', 'drivers'],
    properties: { urgency: { enum: ['low', 'high', null] } },
  })
})

it('a file stands for its text', async () => {
  const file = await world.upload('note.md', 'For **Fjord AS**.')
  world.models.will({ customer: 'Fjord AS', due: null, urgency: null, drivers: null })
  const run = await extracting('${input.note}', { note: file })
  expect(await outputOf(run)).toMatchObject({ facts: { customer: 'Fjord AS' } })
  expect(world.models.requests.at(-1)?.user).toContain('<file name="note.md">\nFor **Fjord AS**.')
})

it('a wrong kind, an unknown value and a date that is none are each sent back with the reason', async () => {
  const right = { customer: 'Fjord AS', due: '2026-12-01', urgency: 'high', drivers: 38 }
  world.models.will({ ...right, urgency: 'very' }, { ...right, due: 'soon' }, right)
  expect(await outputOf(await extracting('Fjord AS'))).toEqual({
    facts: { ...right, due: '2026-11-30T23:00:00Z' },
  })
  const said = world.models.requests.slice(-2).map(({ history }) => history?.at(-1)?.content)
  expect(said[0]).toMatch(/urgency must be one of /)
  expect(said[1]).toMatch(/due is “soon”, which is no date/)
})

it('three wrong answers fail the step', async () => {
  world.models.will('no', 'still no', { customer: 1 })
  const { view } = await world.ended(await extracting('Fjord AS'))
  expect(view.error).toMatchObject({
    code: 'ModelOutputInvalid',
    message: expect.stringContaining('did not answer in the required form'),
  })
})

it('an empty text states nothing, and no model is asked', async () => {
  expect(await outputOf(await extracting('${input.mail}', { mail: ' ' }))).toEqual({
    facts: { customer: null, due: null, urgency: null, drivers: null },
  })
})
