import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { ask, type DemoModel, dealFiles, shape, startDemoModel, textOf } from './demo-model-ask.ts'

let model: DemoModel
let deal: string
beforeAll(async () => {
  model = await startDemoModel()
  deal = await dealFiles()
})
afterAll(() => model.stop())

const ajv = new Ajv2020({ strict: false, allErrors: true })
;(formats as unknown as (ajv: Ajv2020) => void)(ajv)

const fill = async (instruction: string, schema: Record<string, unknown>, files = deal) => {
  const value = JSON.parse(textOf(await ask(model, `${instruction}\n${files}`, shape(schema))))
  const validate = ajv.compile(schema)
  expect({ valid: validate(value), errors: validate.errors, value }).toMatchObject({ valid: true })
  return value
}

const text = { type: 'string' }
const object = (properties: Record<string, unknown>, required = Object.keys(properties)) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
})
const chart = object({
  type: { enum: ['bar', 'line', 'pie'] },
  title: text,
  labels: { type: 'array', items: text, minItems: 1 },
  series: {
    type: 'array',
    items: object({ name: text, values: { type: 'array', items: { type: 'number' } } }),
  },
})

describe('answers by schema', () => {
  test('extract what the notes say', async () => {
    const found = await fill(
      'Extract the deal.',
      object({
        customer: text,
        contacts: { type: 'array', items: object({ name: text, role: text }) },
        goals: { type: 'array', items: text },
        nextSteps: {
          type: 'array',
          items: object({ what: text, due: { type: ['string', 'null'], format: 'date' } }),
        },
        budget: { type: 'number' },
        currency: text,
        depots: { type: 'integer' },
        decisionDate: { type: 'string', format: 'date' },
        hadPilot: { type: 'boolean', description: 'A pilot with another vendor ended in June' },
        phone: { type: ['string', 'null'] },
      }),
    )
    expect(found).toMatchObject({
      customer: 'Halvorsen Logistik AS',
      budget: 1_150_000,
      currency: 'NOK',
      depots: 38,
      decisionDate: '2026-11-28',
      hadPilot: true,
      phone: null,
    })
    expect(found.contacts).toContainEqual({ name: 'Tomasz Wieczorek', role: 'Head of IT' })
    expect(found.goals).toHaveLength(4)
    expect(found.nextSteps).toContainEqual({
      what: 'Security questionnaire answered by 31 October',
      due: '2026-10-31',
    })
  })

  test('slides have points, notes and a chart of the prices', async () => {
    const { slides } = await fill(
      'Make a sales deck for Halvorsen.',
      object({
        slides: {
          type: 'array',
          minItems: 6,
          maxItems: 8,
          items: object({ title: text, body: text, notes: text, chart }, ['title', 'body']),
        },
      }),
    )
    expect(slides.length).toBeGreaterThanOrEqual(6)
    expect(JSON.stringify(slides)).toContain('38 depots')
    const priced = slides.find((slide: { title: string }) => slide.title === 'Plans and price')
    expect(priced.chart).toMatchObject({
      labels: ['Start', 'Fleet', 'Group'],
      series: [{ values: [149, 219, 289] }],
    })
    expect(priced.body).toContain('- **Fleet:** 219 NOK')
  })

  test('a smaller deck keeps its first and its last slide', async () => {
    const { slides } = await fill(
      'Make a deck.',
      object({
        slides: {
          type: 'array',
          maxItems: 4,
          items: object({ title: text, bullets: { type: 'array', items: text, maxItems: 3 } }),
        },
      }),
    )
    expect(slides).toHaveLength(4)
    expect(slides.at(-1).title).toBe('Next steps')
  })

  test('picks the case study that fits and says by which words', async () => {
    const files =
      '<file name="call-notes.pdf">Call notes: Halvorsen\n\nHalvorsen runs 38 depots. Drivers miss delivery slots.</file>\n<file name="bakery.pptx">Bakery chain: case study\nOvens in 12 shops</file>\n<file name="nordkyst.pptx">Nordkyst: case study\n640 drivers, 22 depots, missed slots</file>'
    const picked = await fill(
      'Which case study fits the deal?',
      object({ file: { enum: ['bakery.pptx', 'nordkyst.pptx'] }, why: text }),
      files,
    )
    expect(picked.file).toBe('nordkyst.pptx')
    expect(picked.why).toContain('depots')
  })

  test.each([
    ['Where is my parcel?', 'order'],
    ['I want to talk to a human', 'person'],
    ['What is the meaning of life?', 'otherwise'],
  ])('classifies “%s” as %s', async (message, intent) => {
    const system =
      'Task: classify\nIntents:\n- order: Asks about an order. Examples: where is my parcel; order status\n- person: Wants a human being. Examples: talk to someone'
    const schema = object({
      intent: { enum: ['order', 'person', 'otherwise'] },
      confidence: { type: 'number', minimum: 0, maximum: 1 },
    })
    expect(JSON.parse(textOf(await ask(model, message, shape(schema), system)))).toMatchObject({ intent })
  })

  test.each<[string, Record<string, unknown>]>([
    [
      'bounds and steps',
      object({
        a: { type: 'integer', minimum: 3, maximum: 5 },
        b: { type: 'number', exclusiveMinimum: 0, multipleOf: 0.5 },
        c: { type: 'integer', maximum: -7 },
      }),
    ],
    [
      'lengths',
      object({
        short: { type: 'string', maxLength: 5 },
        long: { type: 'string', minLength: 60 },
        summary: { type: 'string', maxLength: 120 },
      }),
    ],
    [
      'formats',
      object({
        on: { type: 'string', format: 'date' },
        at: { type: 'string', format: 'date-time' },
        mail: { type: 'string', format: 'email' },
        link: { type: 'string', format: 'uri' },
        id: { type: 'string', format: 'uuid' },
      }),
    ],
    [
      'patterns',
      object({
        code: { type: 'string', pattern: '^[A-Z]{2}-\\d{4}$' },
        plate: { type: 'string', pattern: '^(?:N|S)\\d+$' },
      }),
    ],
    [
      'definitions',
      {
        ...object({ tree: { $ref: '#/$defs/node' } }),
        $defs: {
          node: object({ name: text, children: { type: 'array', items: { $ref: '#/$defs/node' } } }, [
            'name',
          ]),
        },
      },
    ],
    [
      'choices',
      object({
        either: { anyOf: [{ type: 'integer', minimum: 1_000_000_000 }, { type: 'null' }] },
        one: {
          oneOf: [
            object({ kind: { const: 'a' }, x: { type: 'number' } }),
            object({ kind: { const: 'b' }, y: text }),
          ],
        },
      }),
    ],
    [
      'lists',
      object({
        three: { type: 'array', minItems: 3, maxItems: 3, items: text },
        kinds: { type: 'array', items: { enum: ['price', 'offline', 'colour'] }, uniqueItems: true },
        pair: { type: 'array', prefixItems: [text, { type: 'number' }], minItems: 2, maxItems: 2 },
        numbers: { type: 'array', minItems: 2, items: { type: 'integer', minimum: 1 } },
      }),
    ],
    [
      'nested objects',
      object({
        deal: object({
          money: object({ budget: { type: 'number' }, currency: { enum: ['NOK', 'EUR'] } }),
          risks: {
            type: 'array',
            minItems: 1,
            items: object({ risk: text, severity: { enum: ['low', 'high'] } }),
          },
        }),
      }),
    ],
    ['a bare list', { type: 'array', items: text, minItems: 1 }],
    [
      'allOf',
      {
        allOf: [
          object({ customer: text }, ['customer']),
          { type: 'object', properties: { customer: text }, required: ['customer'] },
        ],
      },
    ],
    [
      'constants and booleans',
      object({ version: { const: 2 }, ok: { type: 'boolean' }, nothing: { type: 'null' }, free: {} }),
    ],
  ])('are valid for %s, with material and without', async (_name, schema) => {
    await fill('Fill this in from the notes.', schema)
    await fill('Fill this in.', schema, '')
  })
})
