import { type Property, readProperties, schemaOf } from '../../shared/contract/properties.ts'
import { ask, type DemoModel, dealFiles, shape, startDemoModel, textOf } from './demo-model-ask.ts'

let demo: DemoModel
beforeAll(async () => {
  demo = await startDemoModel()
})
afterAll(() => demo.stop())

const at = { now: '2026-11-21T10:00:00Z', timeZone: 'Europe/Oslo' }

/** What the step would make of the demo model's answer. */
async function extract(text: string, properties: Property[]) {
  const completion = await ask(
    demo,
    `Read the values of the properties out of this text.\n\n<sources>\n${text}\n</sources>`,
    shape(schemaOf(properties)),
    'You write for Fleetline.\nTask: extract\nAnswer with JSON only.',
  )
  const read = readProperties(properties, JSON.parse(textOf(completion)), at)
  if (!read.ok) throw new Error(read.reason)
  return read.values
}

const mail = `Hello,

we are Fjord Transport AS. We have 38 drivers in 4 depots.
Our budget is 250,000 NOK. The meeting is on 4 December 2026 at 14:30.
The contract has to be signed by 2027-01-15.
We already pay for another system.
Write to kari@fjord.example.`

it('finds numbers, moments with their time of day, addresses and what is said', async () => {
  expect(
    await extract(mail, [
      { name: 'drivers', type: 'number', description: 'How many drivers they have' },
      { name: 'budget', type: 'number', description: 'Their budget' },
      { name: 'meeting', type: 'datetime', description: 'When the meeting is' },
      { name: 'contractSigned', type: 'datetime', description: 'By when the contract is signed' },
      { name: 'email', type: 'string', description: 'Where to write to' },
      { name: 'paysAlready', type: 'boolean', description: 'They pay for another system' },
    ]),
  ).toEqual({
    drivers: 38,
    budget: 250_000,
    meeting: '2026-12-04T13:30:00Z',
    contractSigned: '2027-01-14T23:00:00Z',
    email: 'kari@fjord.example',
    paysAlready: true,
  })
})

it('says null where the text states nothing', async () => {
  expect(
    await extract(mail, [
      { name: 'trailers', type: 'number', description: 'How many trailers' },
      { name: 'birthday', type: 'datetime', description: 'The birthday of the owner' },
      { name: 'phone', type: 'string', description: 'Telephone' },
      { name: 'insured', type: 'boolean', description: 'Insured against theft' },
      { name: 'weather', type: 'enum', description: 'Weather', values: ['sunny', 'rainy'] },
      { name: 'recipe', type: 'json', description: 'Recipe for waffles' },
    ]),
  ).toEqual({ trailers: null, birthday: null, phone: null, insured: null, weather: null, recipe: null })
})

it('reads files as well', async () => {
  const { drivers, mood } = await extract(await dealFiles(), [
    { name: 'drivers', type: 'number', description: 'Drivers of the customer' },
    { name: 'mood', type: 'enum', description: 'Security review', values: ['none', 'security review'] },
  ])
  expect(drivers).toBeGreaterThan(100)
  expect(mood).toBe('security review')
})

it('an endless row of digits is no number, and takes no time', async () => {
  const begun = performance.now()
  const drivers: Property[] = [{ name: 'drivers', type: 'number', description: 'How many drivers they have' }]
  expect(await extract(`${'1'.repeat(100_000)}\nWe have 38 drivers.`, drivers)).toEqual({ drivers: 38 })
  // Looked for from each of its places it took some twenty seconds.
  expect(performance.now() - begun).toBeLessThan(5_000)
})
