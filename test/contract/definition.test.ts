import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { type Definition, parseDefinition, walkSteps } from '../../shared/contract/definition.ts'
import type { Problem } from '../../shared/contract/step.ts'
import { cpuTimeOf } from '../harness/cpu-time.ts'

/** The examples of `definition.md`, word for word. */
const example = (name: string) =>
  JSON.parse(readFileSync(new URL(`./definitions/${name}.json`, import.meta.url), 'utf8'))

const run = (...steps: object[]) => ({ name: 'W', type: 'output_focused', steps })
const chat = (more: object) => ({ name: 'W', type: 'chat_driven', steps: [], ...more })
const ask = (id: string, more: object = {}) => ({
  id,
  type: 'ask',
  question: 'What?',
  answer: { type: 'text' },
  ...more,
})
const say = (id: string, more: object = {}) => ({ id, type: 'message', text: 'Hello', ...more })

function accepted(given: unknown): Definition {
  const parsed = parseDefinition(given)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems, null, 1))
  return parsed.definition
}

function problemsOf(given: unknown): Problem[] {
  const parsed = parseDefinition(given)
  return parsed.ok ? [] : parsed.problems
}

describe('the examples of the format', () => {
  test('F001 the Meeting brief is accepted as it stands', () => {
    const definition = accepted(example('meeting-brief'))
    expect([...walkSteps(definition.steps)].map(({ step, at }) => [step.id, at])).toContainEqual([
      'stop',
      'steps[5].onReject.steps[0]',
    ])
  })

  test('F073 the Order desk is accepted in a draft, though its steps cannot run yet', () => {
    const definition = accepted(example('order-desk'))
    expect([...walkSteps(definition.steps)].map(({ step }) => step.id)).toEqual([
      'wish',
      'orderReply',
      'handover',
      'menu',
      'end',
    ])
  })

  test('F073 every field of the envelope is known to one of the two types', () => {
    const whole = example('envelope')
    const { input, output, action, triggers, chat, postConversation, ...both } = whole
    postConversation.workflowId = '0196f0a0-0000-7000-8000-000000000001'
    accepted({ ...both, type: 'chat_driven', triggers, chat, postConversation })
    accepted({ ...both, type: 'output_focused', input, output, action })
    accepted({ ...both, type: 'output_focused', steps: [] })
  })
})

describe('the envelope', () => {
  test.each([
    ['chat_driven', { input: {} }],
    ['chat_driven', { output: {} }],
    ['chat_driven', { action: { name: 'a', description: '' } }],
    ['output_focused', { triggers: [] }],
    ['output_focused', { chat: {} }],
    ['output_focused', { postConversation: {} }],
    ['output_focused', { surprise: 1 }],
  ])('F073 F074 %s refuses %j', (type, more) => {
    expect(problemsOf({ name: 'W', type, steps: [], ...more })).toEqual([
      expect.objectContaining({ message: expect.stringContaining(`"${Object.keys(more)[0]}"`) }),
    ])
  })

  test.each([
    [null, ''],
    [[], ''],
    ['text', ''],
    [{}, 'type'],
    [{ name: 'W', type: 'other', steps: [] }, 'type'],
    [{ type: 'output_focused', steps: [] }, 'name'],
    [{ name: '  ', type: 'output_focused', steps: [] }, 'name'],
    [{ name: 'W', type: 'output_focused' }, 'steps'],
    [{ ...run(), steps: {} }, 'steps'],
    [{ ...run(), steps: [1] }, 'steps[0]'],
    [{ ...run(), availableTo: {} }, 'availableTo'],
    [{ ...run(), availableTo: { everyone: true, roles: ['admin'] } }, 'availableTo'],
    [{ ...run(), availableTo: { roles: ['king'] } }, 'availableTo'],
    [{ ...run(), variables: { 'a-b': 1 } }, 'variables.a-b'],
    [{ ...run(), input: { type: 'nothing' } }, 'input'],
    [{ ...run(), budget: { per: 'day' } }, 'budget.per'],
    [chat({ chat: { whileBusy: 'wait' } }), 'chat.whileBusy'],
    [chat({ chat: { idleTimeout: '30 minutes' } }), 'chat.idleTimeout'],
    [chat({ postConversation: { workflowId: 'W' } }), 'postConversation.workflowId'],
    [chat({ triggers: [{ id: 'a', name: 'A', message: 'm'.repeat(2_001) }] }), 'triggers[0].message'],
    [
      chat({ triggers: Array.from({ length: 21 }, (_, at) => ({ id: `t${at}`, name: 'T', message: 'm' })) }),
      'triggers',
    ],
  ])('%j is refused at %j', (given, path) => {
    expect(problemsOf(given).map((problem) => problem.path)).toContain(path)
  })

  test('20 triggers of 2,000 characters are accepted', () => {
    accepted(
      chat({
        triggers: Array.from({ length: 20 }, (_, at) => ({
          id: `t${at}`,
          name: 'T',
          message: 'm'.repeat(2_000),
          parameters: [{ name: 'p' }],
        })),
      }),
    )
  })
})

describe('steps', () => {
  const common = {
    title: 'A step',
    when: '${input.x}',
    weight: 2,
    timeout: 'PT30S',
    retry: { attempts: 3, backoff: 'PT1S' },
  }

  test.each([
    ['message', { text: 'Hello ${input.name}', fileIds: ['${input.file}'], quickReplies: ['Yes', 'No'] }],
    [
      'ask',
      {
        question: 'When?',
        answer: { type: 'date', min: '2026-01-01', time: true },
        attempts: 3,
        remind: { after: 'P1D', text: 'Still there?' },
        expire: { after: 'P3D', steps: [say('gone')] },
      },
    ],
    ['ask', { question: 'How many?', answer: { type: 'number', min: 0, max: 9, integer: true } }],
    [
      'ask',
      {
        question: 'Which?',
        answer: { type: 'choice', options: [{ value: 'a', label: 'A' }], multiple: true, strict: true },
      },
    ],
    ['ask', { question: 'Which?', answer: { type: 'file', accept: ['.pdf'], maxFiles: 3, maxBytes: 1000 } }],
    [
      'ask',
      {
        question: 'Fill in',
        answer: { type: 'form', schema: { type: 'object', properties: { a: { type: 'string' } } } },
      },
    ],
    [
      'approval',
      {
        title: 'Send?',
        artifact: { text: '${input.x}', files: ['${input.f}'] },
        approvers: { users: ['${input.boss}'], role: 'approver', team: 'legal', emails: ['a@b.example'] },
        policy: { quorum: 2 },
        fourEyes: true,
        edit: true,
        remind: { after: 'PT2H' },
        deadline: { after: 'P2D', steps: [say('late')] },
        onReject: { steps: [say('no')] },
        onChanges: { steps: [say('again')], again: false },
      },
    ],
    [
      'draft',
      { prompt: 'Write ${input.x}', format: 'json', responseSchema: { type: 'object' }, model: 'fast' },
    ],
    [
      'review',
      {
        of: '${input.x}',
        criteria: ['brand_voice', 'compliance', 'factual', { name: 'plain', rules: 'No superlatives.' }],
        revise: 2,
        sources: '${input.s}',
        onFail: { steps: [say('bad')] },
      },
    ],
    ['document', { format: 'docx', name: 'Brief: ${input.x}', content: '# ${input.x}', template: 'house' }],
    [
      'document',
      {
        format: 'pptx',
        name: 'Deck',
        slides: [
          {
            title: 'One',
            body: 'B',
            notes: 'N',
            chart: { type: 'bar', labels: ['a'], series: [{ name: 's', values: [1] }] },
          },
          { title: 'Two', chart: '${input.chart}' },
        ],
      },
    ],
    ['document', { format: 'pptx', name: 'Deck', slides: '${input.slides}' }],
    ['branch', { cases: [{ when: '${input.x > 1}', steps: [say('big')] }], otherwise: [say('small')] }],
    ['set', { variables: { a: '${input.x}', b: { c: [1, null] } } }],
    [
      'deliver',
      {
        files: ['${input.f}'],
        to: ['library', { email: ['${input.mail}'], subject: 'Your brief', body: '' }, 'channel'],
      },
    ],
    ['deliver', { files: '${input.f}' }],
    [
      'notify',
      { to: { users: ['u'], role: 'approver', team: 'legal' }, text: 'Done', by: ['inbox', 'email'] },
    ],
    ['end', { output: { brief: '${input.f}' } }],
    ['end', {}],
    ['route', { team: 'support' }],
    ['agent', { prompt: 'p', tools: [{ integration: 'i', operation: 'o' }] }],
    ['intent', { intents: [{ name: 'a', description: 'b', steps: [say('a')] }], otherwise: [say('b')] }],
    ['extract', { from: '${input.x}', properties: [] }],
    ['search', { query: 'q' }],
    ['tool', { integration: 'i', operation: 'o', arguments: {} }],
    ['subworkflow', { workflowId: '0196f0a0-0000-7000-8000-000000000001', input: {} }],
    ['image', { prompt: 'p', name: 'n' }],
    ['voice', {}],
    ['avatar', {}],
    ['video', {}],
    ['each', { in: '${input.l}', steps: [say('one')] }],
    ['repeat', { until: '${input.x}', max: 3, steps: [] }],
    ['parallel', { arms: [{ name: 'a', steps: [say('a')] }] }],
    ['wait', { for: 'PT1M' }],
    ['navigate', { uiFlowId: '0196f0a0-0000-7000-8000-000000000001', pageId: 'p', parameters: {} }],
  ])('%s takes the fields of the table: %j', (type, fields) => {
    accepted(run({ id: 'it', type, ...fields }))
    accepted(
      run({
        ...common,
        id: 'it',
        type,
        ...(type === 'approval' ? {} : { title: 'A step' }),
        ...fields,
        onError: 'continue',
      }),
    )
    accepted(
      run({
        id: 'it',
        type,
        ...fields,
        onError: { steps: [say('sorry', { text: 'It failed: ${error.message}' })] },
      }),
    )
    for (const [name, value] of Object.entries({
      when: 'input.x',
      weight: -1,
      timeout: '30 s',
      retry: { attempts: 0 },
      onError: 'ignore',
    })) {
      const [problem] = problemsOf(run({ id: 'it', type, ...fields, [name]: value }))
      expect(problem).toMatchObject({ stepId: 'it', path: expect.stringMatching(`^steps\\[0\\].${name}`) })
    }
  })

  test.each([
    [{ id: 'it', type: 'fly' }, 'steps[0].type', '"fly" is no step type'],
    [{ id: 'it', type: 'constructor' }, 'steps[0].type', 'is no step type'],
    [{ id: 'it', type: '__proto__' }, 'steps[0].type', 'is no step type'],
    [{ id: 'it' }, 'steps[0].type', 'the type is missing'],
    [say('it', { colour: 'red' }), 'steps[0]', '"colour"'],
    [say('it', { text: ' ' }), 'steps[0].text', 'must not be empty'],
    [say('it', { text: 'Hello ${name' }), 'steps[0].text', 'not closed'],
    [say('it', { text: '${"x".matches("y")}' }), 'steps[0].text', 're(text, pattern)'],
    [say('it', { text: 'x'.repeat(100_001) }), 'steps[0].text', '100000 characters'],
    [say('it', { text: `\${${'1+'.repeat(2_000)}1}` }), 'steps[0].text', '4000 characters'],
    [say('it', { text: `\${${'1+'.repeat(250)}1}` }), 'steps[0].text', '500'],
    [say('it', { when: 'true' }), 'steps[0].when', 'one whole placeholder'],
    [say('it', { when: 'so ${input.x}' }), 'steps[0].when', 'one whole placeholder'],
    [
      { id: 'it', type: 'branch', cases: [{ when: 'input.x > 1', steps: [] }] },
      'steps[0].cases[0].when',
      'one whole placeholder',
    ],
    [{ id: 'it', type: 'branch', cases: [] }, 'steps[0].cases', ''],
    [ask('it', { answer: { type: 'colour' } }), 'steps[0].answer.type', ''],
    [ask('it', { answer: { type: 'text', min: 3 } }), 'steps[0].answer', '"min"'],
    [ask('it', { answer: { type: 'choice' } }), 'steps[0].answer.options', ''],
    [ask('it', { answer: undefined }), 'steps[0].answer', ''],
    [ask('it', { attempts: 0 }), 'steps[0].attempts', ''],
    [{ id: 'it', type: 'draft', prompt: 'p', format: 'word' }, 'steps[0].format', ''],
    [
      {
        id: 'it',
        type: 'draft',
        prompt: 'p',
        format: 'json',
        responseSchema: { $ref: 'http://evil.example' },
      },
      'steps[0].responseSchema',
      '$ref',
    ],
    [
      { id: 'it', type: 'review', of: 'x', criteria: ['nice'] },
      'steps[0].criteria[0]',
      'brand_voice, compliance, factual',
    ],
    [{ id: 'it', type: 'document', format: 'docx', name: 'n' }, 'steps[0].content', '"content" or "slides"'],
    [{ id: 'it', type: 'deliver', files: '${f}', to: ['fax'] }, 'steps[0].to[0]', '"library", "channel"'],
    [{ id: 'it', type: 'approval', title: 'T', artifact: {} }, 'steps[0].artifact', 'text, files or both'],
    [
      { id: 'it', type: 'approval', title: 'T', artifact: { text: 'x' }, approvers: {} },
      'steps[0].approvers',
      'name users',
    ],
    [{ id: 'it', type: 'set', variables: { 'a b': 1 } }, 'steps[0].variables.a b', ''],
    [say('it', { retry: { attempts: 21 } }), 'steps[0].retry.attempts', ''],
    [say('it', { timeout: 'P1M' }), 'steps[0].timeout', 'ISO 8601'],
  ])('%# a step that does not fit is refused by name', (step, path, message) => {
    expect(problemsOf(run(step))).toContainEqual({
      stepId: 'it',
      path,
      message: expect.stringContaining(message),
    })
  })

  test('a nested step is named with the way to it', () => {
    const nested = {
      id: 'b',
      type: 'branch',
      cases: [{ when: '${true}', steps: [say('fine'), say('wrong', { text: '' })] }],
    }
    expect(problemsOf(run(nested))).toEqual([
      { stepId: 'wrong', path: 'steps[0].cases[0].steps[1].text', message: 'must not be empty' },
    ])
    expect(
      problemsOf(
        run({
          id: 'i',
          type: 'intent',
          intents: [{ name: 'a', description: 'b', steps: [say('wrong', { text: '' })] }],
        }),
      ),
    ).toEqual([{ stepId: 'wrong', path: 'steps[0].intents[0].steps[0].text', message: 'must not be empty' }])
  })

  test.each(['A', '1a', '_a', 'a-b', 'a b', 'a.b', 'é', '', 'a'.repeat(65), 'a\u0000', '__proto__'])(
    '%j cannot be an id',
    (id) => {
      expect(problemsOf(run(say(id)))).toContainEqual(expect.objectContaining({ path: 'steps[0].id' }))
      expect(problemsOf(run({ id, type: 'voice' }))).toContainEqual(
        expect.objectContaining({ path: 'steps[0].id' }),
      )
    },
  )

  test.each(
    'input userMessage uiFlowContext variables analysis transcript secure item index error true false null in as break const if for return while int uint double bool string bytes list map type null_type optional size has constructor toString valueOf hasOwnProperty'.split(
      ' ',
    ),
  )('%s is taken and cannot be an id', (id) => {
    expect(problemsOf(run(say(id)))).toContainEqual({
      stepId: id,
      path: 'steps[0].id',
      message: `"${id}" is a reserved word and cannot be an id`,
    })
  })

  test('an id is used once, wherever its step stands', () => {
    const twice = run(say('a'), { id: 'b', type: 'branch', cases: [{ when: '${true}', steps: [say('a')] }] })
    expect(problemsOf(twice)).toEqual([
      expect.objectContaining({
        stepId: 'a',
        path: 'steps[1].cases[0].steps[0].id',
        message: expect.stringContaining('used twice'),
      }),
    ])
    expect(problemsOf(run(say('a'), { id: 'e', type: 'each', steps: [say('a')] }))).toHaveLength(1)
  })
})

describe('limits', () => {
  const deep = (depth: number): object =>
    depth <= 1
      ? say('leaf')
      : { id: `b${depth}`, type: 'branch', cases: [{ when: '${true}', steps: [deep(depth - 1)] }] }

  test('1,000 steps', () => {
    accepted(run(...Array.from({ length: 1_000 }, (_, at) => say(`s${at}`))))
    expect(problemsOf(run(...Array.from({ length: 1_001 }, (_, at) => say(`s${at}`))))).toEqual([
      { path: 'steps', message: 'a workflow may have 1000 steps' },
    ])
    const spread = (count: number) =>
      run({
        id: 'b',
        type: 'branch',
        cases: [{ when: '${true}', steps: Array.from({ length: count }, (_, at) => say(`s${at}`)) }],
      })
    accepted(spread(999))
    expect(problemsOf(spread(1_000))).toHaveLength(1)
  })

  test('20 deep', () => {
    accepted(run(deep(20)))
    expect(problemsOf(run(deep(21)))).toContainEqual({
      path: expect.any(String),
      message: 'steps may be nested 20 deep',
    })
  })
})

describe('hostile definitions', () => {
  const big = 'x'.repeat(1_000_000)
  const list = <T>(length: number, make: (at: number) => T) => Array.from({ length }, (_, at) => make(at))
  const nested = (depth: number, open: string, close: string) =>
    JSON.parse(`${open.repeat(depth)}1${close.repeat(depth)}`)

  test.each<[string, unknown]>([
    ['one long name', { ...run(), name: big }],
    ['one long text', run(say('a', { text: big }))],
    ['deep variables', { ...run(), variables: { a: nested(100_000, '[', ']') } }],
    ['deep objects', { ...run(), variables: nested(100_000, '{"a":', '}') }],
    ['a deep step', run(nested(50_000, '{"onError":{"steps":[', ']}}'))],
    ['a deep schema', { ...run(), input: nested(100_000, '{"not":', '}') }],
    ['many bad steps', run(...list(20_000, () => ({ type: 1 })))],
    ['many fields', run(Object.fromEntries(list(60_000, (at) => [`f${at}`, at])))],
    ['many variables', { ...run(), variables: Object.fromEntries(list(50_000, (at) => [`f${at}`, at])) }],
    ['wide variables', { ...run(), variables: { a: list(300_000, () => 1) } }],
    ['many small objects', { ...run(), variables: { a: list(300_000, () => ({})) } }],
    [
      'many expressions',
      run(...list(10, (at) => say(`s${at}`, { text: list(10_000, (n) => `\${v${at}x${n}}`).join('') }))),
    ],
    [
      'many long expressions',
      run(
        ...list(1_000, (at) =>
          say(`s${at}`, { text: list(9, (n) => `\${v${at}x${n}${' + a'.repeat(24)}}`).join('') }),
        ),
      ),
    ],
    ['many open placeholders', run(...list(10, (at) => say(`s${at}`, { text: '${'.repeat(49_000) })))],
    [
      'many schemas',
      run(
        ...list(1_000, (at) => ({
          id: `d${at}`,
          type: 'draft',
          prompt: 'p',
          format: 'json',
          responseSchema: { allOf: list(100, () => ({ minLength: at })) },
        })),
      ),
    ],
    [
      'many forms',
      run(
        ...list(1_000, (at) =>
          ask(`f${at}`, {
            answer: {
              type: 'form',
              schema: { properties: { [`p${at}`]: { type: 'string' } }, description: big.slice(0, 500) },
            },
          }),
        ),
      ),
    ],
    [
      'many choices',
      run(
        ask('a', {
          answer: { type: 'choice', options: list(30_000, (at) => ({ value: `${at}`, label: `${at}` })) },
        }),
      ),
    ],
    ['many triggers', chat({ triggers: list(10_000, (at) => ({ id: `t${at}`, name: 'n', message: 'm' })) })],
    [
      'prototype keys',
      JSON.parse('{"__proto__": {"name": "W"}, "type": "output_focused", "constructor": {"steps": []}}'),
    ],
  ])('%s: an answer within a second', (_, given) => {
    let problems: Problem[] = []
    expect(
      cpuTimeOf(() => {
        problems = problemsOf(given)
      }),
    ).toBeLessThan(1_000)
    expect(problems.length).toBeLessThanOrEqual(100)
  })

  test('prototype keys change nothing', () => {
    const step = JSON.parse('{"id": "a", "type": "message", "text": "x", "__proto__": {"when": "true"}}')
    parseDefinition(run(step))
    const set = JSON.parse('{"id": "a", "type": "set", "variables": {"__proto__": {"polluted": 1}}}')
    parseDefinition(run(set))
    parseDefinition(
      JSON.parse(
        '{"name": "W", "type": "output_focused", "steps": [], "variables": {"__proto__": {"polluted": 1}}}',
      ),
    )
    expect(({} as { polluted?: 1 }).polluted).toBeUndefined()
  })

  test('parsing never throws, whatever JSON comes', () => {
    const word = fc.constantFrom(
      'id',
      'type',
      'steps',
      'cases',
      'when',
      'text',
      'message',
      'branch',
      'each',
      'onError',
      'answer',
      '${a}',
      '${',
      '__proto__',
      'constructor',
    )
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 6, withCrossShrink: true },
        word,
        fc.constant(null),
        fc.boolean(),
        fc.double(),
        tie('list'),
        tie('map'),
      ),
      list: fc.array(tie('value'), { maxLength: 4 }),
      map: fc.dictionary(word, tie('value'), { maxKeys: 6 }),
    }))
    const step = fc
      .record({
        id: fc.oneof(word, fc.constant('a')),
        type: fc.constantFrom('message', 'branch', 'ask', 'intent', 'set', 'approval'),
      })
      .chain((base) => json.map.map((more) => ({ ...(more as object), ...base })))
    fc.assert(
      fc.property(
        fc.oneof(
          json.value,
          fc.array(step, { maxLength: 3 }).map((steps) => run(...steps)),
        ),
        (given) => {
          const parsed = parseDefinition(given)
          if (!parsed.ok)
            for (const { message } of parsed.problems) expect(message).toEqual(expect.any(String))
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
