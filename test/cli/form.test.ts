import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnswerKind } from '../../shared/contract/answer.ts'
import { keys, Play } from './play.ts'
import { StubParley } from './stub-parley.ts'
import type { Story } from './stub-run.ts'

const workflowId = '33333333-3333-4333-8333-333333333333'

const order: AnswerKind = {
  type: 'form',
  order: ['name', 'amount', 'due', 'plan', 'days', 'gift'],
  schema: {
    type: 'object',
    required: ['name', 'amount', 'plan'],
    properties: {
      name: { type: 'string', title: 'Full name', description: 'As it stands on the invoice.' },
      amount: { type: 'integer', minimum: 1, title: 'Amount', default: 3 },
      due: { type: 'string', format: 'date', title: 'Due by' },
      plan: {
        title: 'Plan',
        oneOf: [
          { const: 's', title: 'Small' },
          { const: 'l', title: 'Large' },
        ],
      },
      days: { type: 'array', title: 'Days', items: { enum: ['mon', 'tue', 'wed'] } },
      gift: { type: 'boolean', title: 'A gift?' },
    },
  },
}

describe('parley run, asked for a form', () => {
  const stub = new StubParley()
  let folder = ''
  beforeAll(() => stub.start())
  afterAll(() => stub.stop())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-cli-'))
    stub.runs.clear()
    stub.received.length = 0
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const play = (story: Story, args: string[] = [], onTerminal = true) => {
    stub.workflows = [{ workflowId, name: 'Sales package', story }]
    return new Play(['--url', stub.url, 'run', 'sales', '--out', join(folder, 'out'), ...args], {
      onTerminal,
    })
  }

  test('F009: it asks field by field, says at the field what does not fit, and repeats what was understood', async () => {
    let given: unknown
    const run = play(async (told) => {
      given = await told.ask('order', 'What do you need?', order)
    })
    await run.sees('What do you need?')
    await run.sees('As it stands on the invoice.')
    await run.sees('Full name')
    await run.press(keys.enter)
    await run.sees('is needed')
    await run.press('Ann Lee', keys.enter)
    await run.sees('Amount')
    await run.press(keys.clear, 'none', keys.enter)
    await run.sees('must be at least 1')
    await run.press(keys.clear, 'two dozen', keys.enter)
    await run.sees('Due by')
    await run.press('1 December 2026', keys.enter)
    await run.sees('Plan')
    await run.press(keys.down, keys.enter)
    await run.sees('Days')
    await run.press(keys.space, keys.down, keys.space, keys.enter)
    await run.sees('A gift?')
    await run.press(keys.down, keys.down, keys.enter)
    await run.sees('Understood: Full name: Ann Lee · Amount: 24 · Due by: Tuesday 1 December 2026 ·')
    await run.sees('Plan: Large · Days: mon, tue')
    expect(await run.done).toBe(0)
    expect(given).toEqual({ name: 'Ann Lee', amount: 24, due: '2026-12-01', plan: 'l', days: ['mon', 'tue'] })
  })

  test('F009: defaults stand in their fields, and fields that need no answer take none', async () => {
    let given: unknown
    const run = play(async (told) => {
      given = await told.ask('order', 'What do you need?', order)
    })
    await run.sees('Full name')
    await run.press('Ann', keys.enter)
    await run.sees('Amount')
    await run.press(keys.enter)
    await run.sees('Due by')
    await run.press(keys.enter)
    await run.sees('Plan')
    await run.press(keys.enter)
    await run.sees('Days')
    await run.press(keys.enter)
    await run.sees('(leave it empty)')
    await run.press(keys.enter)
    expect(await run.done).toBe(0)
    expect(given).toEqual({ name: 'Ann', amount: 3, plan: 's', gift: true })
  })

  test('F009: what only the server can tell is asked again with what was filled in', async () => {
    let given: unknown
    const both: AnswerKind = {
      type: 'form',
      schema: {
        type: 'object',
        properties: { town: { type: 'string' }, street: { type: 'string' } },
        dependentRequired: { street: ['town'] },
      },
    }
    const run = play(async (told) => {
      given = await told.ask('place', 'Where?', both)
    })
    await run.sees('town')
    await run.press(keys.enter)
    await run.sees('street')
    await run.press('Kirkegata 1', keys.enter)
    await run.sees('town is needed when street is given')
    await run.sees('town')
    await run.press('Oslo', keys.enter)
    await run.sees('Kirkegata 1')
    await run.press(keys.enter)
    expect(await run.done).toBe(0)
    expect(given).toEqual({ town: 'Oslo', street: 'Kirkegata 1' })
  })

  test('F009: without a terminal, a form is given as JSON or in words', async () => {
    const given: unknown[] = []
    const run = play(
      async (told) => {
        given.push(await told.ask('one', 'One?', order), await told.ask('two', 'Two?', order))
      },
      ['--answer', 'one={"name": "Ann", "amount": 2, "plan": "s"}', '--answer', 'two=name: Bo, plan: large'],
      false,
    )
    expect(await run.done).toBe(0)
    expect(given).toEqual([
      { name: 'Ann', amount: 2, plan: 's' },
      { name: 'Bo', amount: 3, plan: 'l' },
    ])
  })

  test('B11: it says until when a question and an approval wait, and when nobody answered in time', async () => {
    const deadline = new Date(2030, 0, 5, 14, 30).toISOString()
    const requestId = randomUUID()
    const late = Promise.withResolvers<void>()
    const run = play(async (told) => {
      await told.approve('ok', 'Send it?', 'Text', { deadline })
      const openedAt = new Date().toISOString()
      const asked = { stepId: 'q', path: 'q', question: 'Anything else?', answer: { type: 'text' } } as const
      told.tell({ event: 'requestOpened', requestId, kind: 'answer', ...asked, deadline, openedAt })
      await late.promise
      told.tell({ event: 'requestClosed', requestId, kind: 'answer', outcome: 'expired' })
      told.say('On we go.')
    })
    await run.sees('Send it? (until 5 Jan 2030, 14:30)')
    await run.press(keys.enter)
    await run.sees('Anything else? (until 5 Jan 2030, 14:30)')
    late.resolve()
    await run.sees('The question expired.')
    await run.sees('On we go.')
    expect(await run.done).toBe(0)
  })
})
