import { actionsOf, messageOf, parametersOf } from '../../shared/contract/action.ts'
import type { AppWorld } from '../../shared/contract/app-world.ts'
import { checkDefinition } from '../../shared/contract/check-definition.ts'
import { parseDefinition } from '../../shared/contract/definition.ts'

const refund = {
  name: 'refund',
  description: 'Pays an order back.',
  variables: [{ name: 'orderId', type: 'string', required: true }],
}
const definition = (action: object, more: object = {}) => ({
  name: 'W',
  type: 'output_focused',
  steps: [{ id: 'done', type: 'end', output: { id: '${input.orderId}' } }],
  action: { ...refund, ...action },
  ...more,
})

const problemsAtSave = (given: object) => {
  const parsed = parseDefinition(given)
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`)
}
const findings = (given: object, world: AppWorld = {}) => {
  const parsed = parseDefinition(given)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return checkDefinition(parsed.definition, world)
}

describe('at save', () => {
  it('F051 F052 an action with a name, variables of all types, a message and a schema is accepted', () => {
    const types = ['string', 'number', 'integer', 'boolean', 'object']
    const variables = types.map((type) => ({ name: `the_${type}`, type, description: 'x'.repeat(500) }))
    for (const message of [{ kind: 'default' }, { kind: 'none' }, { kind: 'custom', text: 'Wait' }])
      expect(
        problemsAtSave(
          definition({
            name: `A-z_${'9'.repeat(60)}`,
            description: 'x'.repeat(500),
            variables,
            message,
            responseSchema: { type: 'object' },
          }),
        ),
      ).toEqual([])
  })

  it.each([
    [{ name: 'pay back' }, 'action.name: the name of an action holds letters, digits, _ and - (64 at most)'],
    [{ name: 'x'.repeat(65) }, 'action.name: '],
    [{ name: '' }, 'action.name: '],
    [{ description: 'x'.repeat(501) }, 'action.description: '],
    [{ variables: [{ name: 'a', type: 'date' }] }, 'action.variables[0].type: '],
    [{ variables: [{ name: '1a', type: 'string' }] }, 'action.variables[0].name: '],
    [
      {
        variables: [
          { name: 'a', type: 'string' },
          { name: 'a', type: 'number' },
        ],
      },
      'action.variables[1].name: "a" is there twice',
    ],
    [{ message: { kind: 'custom' } }, 'action.message'],
    [{ message: { kind: 'custom', text: '' } }, 'action.message'],
    [{ message: { kind: 'default', text: 'x' } }, 'action.message'],
    [{ message: { kind: 'custom', text: 'Wait ${' } }, 'action.message'],
    [{ responseSchema: { type: 'nonsense' } }, 'action.responseSchema'],
    [{ more: 1 }, 'action'],
  ])('F051 F052 %j is refused at its field', (over, message) => {
    const problems = problemsAtSave(definition(over))
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.some((problem) => problem.startsWith(message))).toBe(true)
  })

  it('F046 a chat-driven workflow is no action', () => {
    const chat = { name: 'W', type: 'chat_driven', steps: [], action: refund }
    expect(problemsAtSave(chat).join()).toContain('action')
  })
})

describe('at publish', () => {
  it('F046 an action that fits is published without a word', () => {
    expect(findings(definition({}))).toEqual({ errors: [], warnings: [] })
  })

  it('an input that no variable gives is a problem', () => {
    const input = { type: 'object', required: ['orderId', 'amount'] }
    expect(findings(definition({}, { input })).errors).toEqual([
      {
        path: 'action.variables',
        message:
          'the input needs "amount", which is no required variable of the action: add it, or no agent can call it',
      },
    ])
  })

  it('F049 a response schema that nothing fulfils is a problem', () => {
    const steps = [{ id: 'done', type: 'end' }]
    const responseSchema = { type: 'object' }
    expect(findings(definition({ responseSchema }, { steps })).errors).toMatchObject([
      { path: 'action.responseSchema' },
    ])
    expect(findings(definition({}, { steps })).errors).toEqual([])
  })

  it('F052 a message may name the variables, and nothing else', () => {
    const said = (text: string) => findings(definition({ message: { kind: 'custom', text } })).errors
    expect(said('Looking for ${input.orderId} …')).toEqual([])
    expect(said('${variables.x}')).toMatchObject([{ path: 'action.message.text' }])
  })

  it('F053 what waits, and what says nothing of itself, is warned of', () => {
    const steps = [
      { id: 'sure', type: 'ask', question: 'Sure?', answer: { type: 'text' } },
      { id: 'done', type: 'end', output: '${sure}' },
    ]
    expect(findings(definition({ description: ' ' }, { steps })).warnings).toMatchObject([
      { path: 'action.description' },
      { stepId: 'sure', message: 'an action is stopped after PT30S, and "ask" may wait longer' },
    ])
  })

  it('F047 an agent that names an action which is not there is warned of', () => {
    const agent = { id: 'a', type: 'agent', prompt: 'Use @refund.', actions: [{ name: 'sms' }] }
    const given = { name: 'W', type: 'output_focused', steps: [agent] }
    expect(findings(given).warnings).toEqual([])
    expect(findings(given, { actions: ['refund', 'sms'] }).warnings).toEqual([])
    expect(findings(given, { actions: ['other'] })).toEqual({
      errors: [],
      warnings: [
        {
          stepId: 'a',
          path: 'steps[0].actions',
          message: 'this app has no published action "sms"; it has other. Publish it before this one runs',
        },
        expect.objectContaining({ path: 'steps[0].prompt' }),
      ],
    })
  })
})

describe('F047 names behind an @', () => {
  const named = (prompt: string, ...rules: string[]) => actionsOf({ prompt, rules }).map(({ name }) => name)

  it.each([
    ['When money is wanted, run @refund.', ['refund']],
    ['@refund, @send-sms (or @pay_back)!', ['refund', 'send-sms', 'pay_back']],
    ['**@refund** “@refund”', ['refund']],
    ['Write to help@shop.example or x@y', []],
    ['@shop.example', []],
    ['${input.user}@refund', []],
    ['${input.user == "@refund"}', []],
    ['$${@refund}', ['refund']],
    [`@${'x'.repeat(65)}`, []],
    ['@@refund @ refund', []],
  ])('%j names %j', (text, names) => {
    expect(named(text)).toEqual(names)
    expect(named('Help.', text)).toEqual(names)
  })

  it('an approval that is asked for stays, however often it is named', () => {
    expect(actionsOf({ prompt: '@refund', actions: [{ name: 'refund', approval: true }] })).toEqual([
      { name: 'refund', approval: true },
    ])
  })
})

it('F048 a model is asked for the variables, and for nothing else', () => {
  const variables = [
    { name: 'to', type: 'string' as const, description: 'Number', required: true },
    { name: 'urgent', type: 'boolean' as const },
  ]
  expect(parametersOf({ name: 'sms', description: '', variables })).toEqual({
    type: 'object',
    properties: { to: { type: 'string', description: 'Number' }, urgent: { type: 'boolean' } },
    required: ['to'],
    additionalProperties: false,
  })
})

it('F052 a message that names what a call does not have is the default one', () => {
  const message = { kind: 'custom' as const, text: 'Paying ${input.amount} back' }
  expect(messageOf({ ...refund, variables: [], message }, { amount: 5 })).toBe('Paying 5 back')
  expect(messageOf({ ...refund, variables: [], message }, {})).toBe('One moment, please.')
  expect(messageOf({ ...refund, variables: [], message: { kind: 'none' } }, {})).toBeNull()
})
