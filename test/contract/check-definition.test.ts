import { readFileSync } from 'node:fs'
import type { AppWorld } from '../../shared/contract/app-world.ts'
import { checkDefinition, type Findings } from '../../shared/contract/check-definition.ts'
import { parseDefinition } from '../../shared/contract/definition.ts'

/** What publish finds in a definition that save accepts. */
function findingsOf(given: unknown, world?: AppWorld): Findings {
  const parsed = parseDefinition(given)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems, null, 1))
  return checkDefinition(parsed.definition, world)
}

const run = (...steps: object[]) => ({ name: 'W', type: 'output_focused', steps })
const example = (name: string) =>
  JSON.parse(readFileSync(new URL(`./definitions/${name}.json`, import.meta.url), 'utf8'))

const ask = (id: string, more: object = {}) => ({
  id,
  type: 'ask',
  question: 'What?',
  answer: { type: 'text' },
  ...more,
})
const draft = (id: string, more: object = {}) => ({
  id,
  type: 'draft',
  prompt: 'Write',
  format: 'text',
  ...more,
})
const say = (id: string, text = 'Hello', more: object = {}) => ({ id, type: 'message', text, ...more })
const approval = (id: string, more: object = {}) => ({
  id,
  type: 'approval',
  title: 'Send?',
  artifact: { text: 'x' },
  ...more,
})
const branch = (id: string, then: object[], otherwise: object[] = []) => ({
  id,
  type: 'branch',
  cases: [{ when: '${input.x == 1}', steps: then }],
  otherwise,
})
const mail = (id: string, more: object = {}) => ({
  id,
  type: 'deliver',
  files: '${input.f}',
  to: [{ email: ['a@b.example'], subject: 'S', body: 'B' }],
  ...more,
})

describe('the examples of the format', () => {
  test('F001 the Meeting brief can be published, and nothing is to be said about it', () => {
    expect(findingsOf(example('meeting-brief'))).toEqual({ errors: [], warnings: [] })
  })

  test('F073 the Order desk can be published', () => {
    expect(findingsOf(example('order-desk'))).toEqual({ errors: [], warnings: [] })
  })
})

describe('references', () => {
  test.each<[string, object[]]>([
    ['an earlier result', [ask('a'), say('m', '${a}')]],
    ['the input and variables', [say('m', '${input.x} ${variables.y}')]],
    ['an earlier result inside an arm', [ask('a'), branch('b', [say('m', '${a}')])]],
    ['a result of the same arm', [branch('b', [ask('a'), say('m', '${a}')])]],
    [
      'an arm’s result, read with ?',
      [branch('b', [draft('a')]), say('m', "${a.?text.orValue('')} ${a.orValue('')}")],
    ],
    [
      'the result of one arm or of the other, with or',
      [branch('b', [draft('a')], [draft('c')]), say('m', "${a.or(c).orValue('')}")],
    ],
    [
      'a skipped step’s result, read with ?',
      [ask('a', { when: '${input.x == 1}' }), say('m', "${a.orValue('none')}")],
    ],
    [
      'a failed step’s result, read with ?',
      [draft('a', { onError: 'continue' }), say('m', "${a.hasValue() ? 'yes' : 'no'}")],
    ],
    [
      'a later result, read with ? in a loop of changes',
      [
        approval('ok', {
          artifact: { text: "${better.orValue('first')}" },
          onChanges: { steps: [draft('better', { prompt: '${ok.comment}' })] },
        }),
      ],
    ],
    [
      'the approval itself in onChanges',
      [approval('ok', { onChanges: { steps: [draft('d', { prompt: 'Change: ${ok.comment}' })] } })],
    ],
    [
      'the approval itself in onReject',
      [
        approval('ok', {
          onReject: { steps: [say('m', 'Rejected: ${ok.comment}'), { id: 'stop', type: 'end' }] },
        }),
      ],
    ],
    [
      'the review itself in onFail',
      [
        {
          id: 'r',
          type: 'review',
          of: 'x',
          criteria: ['compliance'],
          onFail: { steps: [say('m', '${r.findings}')] },
        },
      ],
    ],
    [
      'the error in onError',
      [draft('a', { onError: { steps: [say('m', '${error.code}: ${error.message}')] } })],
    ],
    [
      'the error in an arm inside onError',
      [draft('a', { onError: { steps: [branch('b', [say('m', '${error.code}')])] } })],
    ],
    ['names bound by macros', [ask('a'), say('m', '${[a].map(x, x + a)}')]],
    ['text that only looks like one', [say('m', '$${nothing}')]],
    [
      'schemas, which hold no templates',
      [draft('a', { format: 'json', responseSchema: { const: '${zzz}' } })],
    ],
  ])('%s', (_, steps) => {
    expect(findingsOf(run(...steps)).errors).toEqual([])
  })

  test.each<[string, object[], string, string, string]>([
    ['a later step', [say('m', '${a}'), ask('a')], 'm', 'steps[0].text', 'not sure to exist here'],
    [
      'the step itself',
      [say('q', 'x'), ask('a', { question: '${a}?' })],
      'a',
      'steps[1].question',
      'not sure to exist here',
    ],
    [
      'a step in an arm that may not be taken',
      [branch('b', [ask('a')], [ask('c')]), say('m', '${a}')],
      'm',
      'steps[1].text',
      "write ${a.?field.orValue('')} or ${a.orValue('')}",
    ],
    [
      'a step of another arm',
      [branch('b', [ask('a')], [say('m', '${a}')])],
      'm',
      'steps[0].otherwise[0].text',
      'not sure to exist here',
    ],
    [
      'a step that may be skipped',
      [ask('a', { when: '${input.x == 1}' }), say('m', '${a}')],
      'm',
      'steps[1].text',
      'not sure to exist here',
    ],
    [
      'a step that may have failed',
      [draft('a', { onError: 'continue' }), say('m', '${a}')],
      'm',
      'steps[1].text',
      'not sure to exist here',
    ],
    [
      'a step whose failure is handled',
      [draft('a', { onError: { steps: [] } }), say('m', '${a}')],
      'm',
      'steps[1].text',
      'not sure to exist here',
    ],
    [
      'a step in its own onError',
      [draft('a', { onError: { steps: [say('m', '${a}')] } })],
      'm',
      'steps[0].onError.steps[0].text',
      'not sure to exist here',
    ],
    [
      'a result once with and once without ?',
      [branch('b', [draft('a')]), say('m', "${a.?x.orValue('') == '' ? a.y : ''}")],
      'm',
      'steps[1].text',
      'not sure to exist here',
    ],
    [
      'the approval in its own artifact',
      [approval('ok', { artifact: { text: '${ok.text}' } })],
      'ok',
      'steps[0].artifact',
      'not sure to exist here',
    ],
    [
      'onChanges’ step in the artifact',
      [approval('ok', { artifact: { text: '${d}' }, onChanges: { steps: [draft('d')] } })],
      'ok',
      'steps[0].artifact',
      'not sure to exist here',
    ],
    [
      'a step without a result',
      [say('a'), say('m', '${a}')],
      'm',
      'steps[1].text',
      'the step "a" (message) leaves no result',
    ],
    [
      'a step without a result, also with ?',
      [say('a'), say('m', '${a.?x.orValue(1)}')],
      'm',
      'steps[1].text',
      'leaves no result',
    ],
    ['a branch', [branch('b', []), say('m', '${b}')], 'm', 'steps[1].text', 'leaves no result'],
    [
      'something unknown',
      [say('m', '${topic}')],
      'm',
      'steps[0].text',
      '"topic" is neither a step before this one nor one of input, variables',
    ],
    [
      'something unknown, also with ?',
      [say('m', "${topic.?x.orValue('')}")],
      'm',
      'steps[0].text',
      '"topic" is neither',
    ],
    [
      'secure',
      [say('m', '${secure.key}')],
      'm',
      'steps[0].text',
      'secrets stand in the arguments of a tool, and in headers and bodies of integrations',
    ],
    [
      'secure in a mail',
      [
        {
          id: 'm',
          type: 'deliver',
          files: [],
          to: [{ email: ['a@b.example'], subject: 'Your code', body: 'It is ${secure.pin}.' }],
        },
      ],
      'm',
      'steps[0].to',
      'no text, prompt or mail may hold one',
    ],
    [
      'the user’s message, of which a run has none',
      [say('m', '${userMessage}')],
      'm',
      'steps[0].text',
      '"userMessage" is neither',
    ],
    [
      'uiFlowContext, of which a run has none',
      [say('m', '${uiFlowContext}')],
      'm',
      'steps[0].text',
      '"uiFlowContext" is neither',
    ],
    ['transcript and analysis', [say('m', '${transcript}')], 'm', 'steps[0].text', '"transcript" is neither'],
    ['item outside each', [say('m', '${item}')], 'm', 'steps[0].text', '"item" is neither'],
    [
      'the error outside onError',
      [draft('a', { onError: { steps: [] } }), say('m', '${error.message}')],
      'm',
      'steps[1].text',
      '"error" is neither',
    ],
    [
      'deep inside a field',
      [{ id: 's', type: 'set', variables: { x: { y: ['${zzz}'] } } }],
      's',
      'steps[0].variables',
      '"zzz" is neither',
    ],
    [
      'in when',
      [say('m', 'x', { when: '${a == 1}' }), ask('a')],
      'm',
      'steps[0].when',
      'not sure to exist here',
    ],
    [
      'in a case',
      [{ id: 'b', type: 'branch', cases: [{ when: '${zzz}', steps: [] }] }],
      'b',
      'steps[0].cases',
      '"zzz" is neither',
    ],
  ])('%s is refused', (_, steps, stepId, path, message) => {
    expect(findingsOf(run(...steps)).errors).toEqual([
      { stepId, path, message: expect.stringContaining(message) },
    ])
  })
})

describe('what no runner reads yet', () => {
  const fields: [object, string][] = [
    [approval('it', { policy: 'all' }), 'policy'],
    [approval('it', { policy: 'sequence' }), 'policy'],
    [approval('it', { policy: { quorum: 2 } }), 'policy'],
    [approval('it', { fourEyes: true }), 'fourEyes'],
    [approval('it', { approvers: { emails: ['a@b.example'] } }), 'approvers.emails'],
    [{ id: 'it', type: 'deliver', files: '${input.f}', to: ['channel'] }, 'to "channel"'],
    [{ id: 'it', type: 'document', format: 'docx', name: 'n', content: 'c', template: 't' }, 'template'],
  ]

  test.each(fields)('%j is refused for %s', (step, field) => {
    const { type } = step as { type: string }
    expect(findingsOf(run(step)).errors).toEqual([
      { stepId: 'it', path: 'steps[0]', message: `${field} of "${type}" cannot run yet: take it out` },
    ])
    expect(findingsOf(run(branch('b', [step]))).errors).toEqual([
      expect.objectContaining({ stepId: 'it', path: 'steps[0].cases[0].steps[0]' }),
    ])
  })

  test.each(['docx', 'pptx', 'pdf', 'md', 'html'])('a document of format %s can run', (format) => {
    const step = { id: 'it', type: 'document', format, name: 'n', content: 'c' }
    expect(findingsOf(run(step)).errors).toEqual([])
  })

  test('what means the same as leaving it out is no problem', () => {
    expect(findingsOf(run(approval('it', { policy: 'any', fourEyes: false }))).errors).toEqual([])
  })

  test('a budget says how much it is', () => {
    const budgeted = (budget: object) => findingsOf({ ...run(say('m')), budget })
    expect(budgeted({ per: 'run' }).errors).toMatchObject([{ path: 'budget' }])
    expect(budgeted({ per: 'run', tokens: 1 }).errors).toEqual([])
  })

  test('what a budget cannot count is warned of', () => {
    const warningsIn = (budget: object, world?: AppWorld) =>
      findingsOf({ ...run(draft('it')), budget }, world).warnings
    const euros = { per: 'run', money: { amount: 2, currency: 'EUR' } }
    const price = { inputPerMillion: 1, outputPerMillion: 1 }
    const models = { text: 'large' }
    expect(warningsIn({ per: 'session', tokens: 1 })).toMatchObject([{ path: 'budget.per' }])
    expect(warningsIn(euros)).toEqual([])
    expect(warningsIn(euros, { models, prices: { large: { ...price, currency: 'USD' } } })).toMatchObject([
      { path: 'budget.money', message: expect.stringContaining('“large” costs in EUR') },
    ])
    expect(warningsIn(euros, { models, prices: { large: { ...price, currency: 'EUR' } } })).toEqual([])
  })

  test.each('voice avatar video'.split(' '))('a step of type %s is refused by name', (type) => {
    expect(findingsOf(run({ id: 'it', type })).errors).toEqual([
      {
        stepId: 'it',
        path: 'steps[0].type',
        message: `steps of type "${type}" cannot run yet: take this step out`,
      },
    ])
  })
})

describe('loops and lines', () => {
  const each = (id: string, steps: object[], more: object = {}) => ({
    id,
    type: 'each',
    in: '${input.list}',
    steps,
    ...more,
  })
  const repeat = (id: string, steps: object[], more: object) => ({
    id,
    type: 'repeat',
    max: 3,
    steps,
    ...more,
  })
  const lines = (id: string, ...lists: object[][]) => ({
    id,
    type: 'parallel',
    arms: lists.map((steps) => ({ name: 'x', steps })),
  })
  const messages = (...steps: object[]) => findingsOf(run(...steps)).errors.map(({ message }) => message)

  test('item and index are known in a round, and nowhere else', () => {
    expect(messages(each('rounds', [say('m', '${item} ${index}')]))).toEqual([])
    expect(messages(each('rounds', [say('m', '${order.id}')], { as: 'order' }))).toEqual([])
    expect(messages(each('rounds', [say('m')]), say('n', '${item}'))).toEqual([
      expect.stringContaining('"item"'),
    ])
  })

  test('an item may not be called like a step', () => {
    expect(messages(ask('order'), each('rounds', [say('m')], { as: 'order' }))).toEqual([
      expect.stringContaining('"order" is the id of a step'),
    ])
  })

  test('behind a loop over items only the list of its results is known', () => {
    expect(messages(each('rounds', [ask('a')]), say('m', '${rounds}'))).toEqual([])
    expect(messages(each('rounds', [ask('a')]), say('m', '${a}'))).toEqual([
      expect.stringContaining('belongs to one round of "rounds"'),
    ])
    expect(
      messages(each('outer', [each('rounds', [ask('a')]), say('m', '${rounds} ${a.orValue(1)}')])),
    ).toEqual([expect.stringContaining('belongs to one round of "rounds"')])
  })

  test('until may name what its rounds give, while and the first step may not', () => {
    expect(messages(repeat('again', [ask('a')], { until: "${a == 'x'}" }), say('m', '${a}'))).toEqual([])
    expect(messages(repeat('again', [ask('a')], { while: "${a == 'x'}" }))).toEqual([
      expect.stringContaining('not sure to exist'),
    ])
    expect(messages(repeat('again', [ask('a')], { while: '${true}' }), say('m', '${a}'))).toEqual([
      expect.stringContaining('not sure to exist'),
    ])
    expect(messages(repeat('again', [ask('a')], {}))).toEqual([expect.stringContaining('"until" or "while"')])
  })

  test.each([
    ['repeat', repeat('again', [], { until: '${input.x}' })],
    ['each', each('rounds', [])],
    ['parallel', lines('both', [], [])],
  ])('a %s with nothing in it is refused', (_, step) => {
    expect(findingsOf(run(step)).errors).toEqual([
      {
        stepId: step.id,
        path: expect.stringMatching(/^steps\[0\]\.(steps|arms)$/),
        message: expect.stringContaining('nothing in it'),
      },
    ])
  })

  test('behind parallel arms all their results are sure; beside each other they are not', () => {
    expect(messages(lines('both', [ask('a')], [ask('b')]), say('m', '${a} ${b}'))).toEqual([])
    expect(messages(lines('both', [ask('a')], [say('m', '${a}')]))).toEqual([
      expect.stringContaining('not sure to exist'),
    ])
  })

  test('what every arm of a branch gives is sure behind it, arms that end aside', () => {
    const both = (one: object[], other: object[]) => ({
      id: 'way',
      type: 'branch',
      cases: [{ when: '${true}', steps: one }],
      otherwise: other,
    })
    const set = (id: string) => ask(id)
    expect(messages(both([set('a')], [{ id: 'stop', type: 'end' }]), say('m', '${a}'))).toEqual([])
    expect(messages(both([set('a')], [set('b')]), say('m', '${a}'))).toEqual([
      expect.stringContaining('not sure to exist'),
    ])
  })

  test('an answer that may expire is sure only when the run ends then', () => {
    const expiring = (steps: object[]) => ask('a', { expire: { after: 'PT1H', steps } })
    expect(messages(expiring([{ id: 'stop', type: 'end' }]), say('m', '${a}'))).toEqual([])
    expect(messages(expiring([say('late')]), say('m', '${a}'))).toEqual([
      expect.stringContaining('not sure to exist'),
    ])
  })
})

describe('what cannot go well', () => {
  test('a workflow without steps is refused', () => {
    expect(findingsOf(run()).errors).toEqual([
      { path: 'steps', message: 'a workflow needs at least one step: add one, then publish' },
    ])
  })

  test('F103 a workflow for output ends by itself behind its last step', () => {
    expect(findingsOf(run(say('m')))).toEqual({ errors: [], warnings: [] })
  })

  test('a factual review without sources is refused', () => {
    expect(findingsOf(run({ id: 'r', type: 'review', of: 'x', criteria: ['factual'] })).errors).toEqual([
      expect.objectContaining({ stepId: 'r', path: 'steps[0].sources' }),
    ])
  })

  test('a response schema without JSON is refused', () => {
    expect(findingsOf(run(draft('d', { responseSchema: {} }))).errors).toEqual([
      expect.objectContaining({ stepId: 'd', path: 'steps[0].responseSchema' }),
    ])
  })

  test('F074 output belongs to a workflow for output', () => {
    expect(
      findingsOf({ name: 'W', type: 'chat_driven', steps: [{ id: 'e', type: 'end', output: 1 }] }).errors,
    ).toContainEqual(expect.objectContaining({ stepId: 'e', path: 'steps[0].output' }))
  })
})

describe('warnings', () => {
  const end = (id: string, more: object = {}) => ({ id, type: 'end', ...more })

  test.each<[string, object[], string[]]>([
    ['behind an end', [end('e'), say('m'), say('n')], ['m']],
    ['behind an end in an arm', [branch('b', [end('e'), say('m')]), say('n')], ['m']],
    ['behind an end in onReject', [approval('ok', { onReject: { steps: [end('e'), say('m')] } })], ['m']],
    ['in front of an end', [say('m'), end('e')], []],
    ['behind an end that may be skipped', [end('e', { when: '${input.x == 1}' }), say('m')], []],
    ['behind an end in an arm, on the way that does not take it', [branch('b', [end('e')]), say('m')], []],
  ])('a step that never runs is pointed out: %s', (_, steps, expected) => {
    const { errors, warnings } = findingsOf(run(...steps))
    expect(errors).toEqual([])
    expect(warnings.map(({ stepId }) => stepId)).toEqual(expected)
    for (const { message } of warnings)
      expect(message).toBe('this step never runs: “e” before it ends the workflow')
  })

  const notify = { id: 'n', type: 'notify', to: { role: 'approver' }, text: 't', by: ['inbox', 'email'] }

  test.each<[string, object[], string[]]>([
    ['mail', [mail('d')], ['d']],
    ['a notice by mail', [notify], ['n']],
    ['mail in an arm', [branch('b', [mail('d')])], ['d']],
    [
      'mail behind an approval that may be skipped',
      [approval('ok', { when: '${input.x == 1}' }), mail('d')],
      ['d'],
    ],
    [
      'mail behind an approval whose failure is ignored',
      [approval('ok', { onError: 'continue' }), mail('d')],
      ['d'],
    ],
    ['mail behind an approval in an arm', [branch('b', [approval('ok')]), mail('d')], ['d']],
    ['mail before the approval', [mail('d'), approval('ok'), mail('e')], ['d']],
    ['mail from within the approval', [approval('ok', { onChanges: { steps: [mail('d')] } })], ['d']],
    ['approved mail', [approval('ok'), mail('d')], []],
    ['approved mail in an arm', [approval('ok'), branch('b', [mail('d')])], []],
    ['mail approved in its arm', [branch('b', [approval('ok'), mail('d')])], []],
    ['the Library', [mail('d', { to: ['library'] })], []],
    ['a notice in the inbox', [{ ...notify, by: ['inbox'] }], []],
  ])('F025 what reaches people unapproved is pointed out: %s', (_, steps, expected) => {
    const { errors, warnings } = findingsOf(run(...steps))
    expect(errors).toEqual([])
    expect(warnings.map(({ stepId }) => stepId)).toEqual(expected)
    for (const { message } of warnings) expect(message).toContain('with no approval before it')
  })
})

test('F100 a chat-driven workflow cannot be called; one that is not published yet is warned of', () => {
  const workflowId = '0196f0a0-0000-7000-8000-000000000001'
  const definition = parseDefinition(run({ id: 'called', type: 'subworkflow', workflowId }))
  if (!definition.ok) throw new Error(JSON.stringify(definition.problems))
  const findings = (workflows: Record<string, { name: string; type: string }>) =>
    checkDefinition(definition.definition, { workflows })
  expect(findings({ [workflowId]: { name: 'W', type: 'output_focused' } })).toEqual({
    errors: [],
    warnings: [],
  })
  expect(findings({ [workflowId]: { name: 'Chat', type: 'chat_driven' } }).errors).toEqual([
    expect.objectContaining({ stepId: 'called', message: expect.stringContaining('is chat-driven') }),
  ])
  expect(findings({}).warnings).toEqual([
    expect.objectContaining({ stepId: 'called', message: expect.stringContaining('no published workflow') }),
  ])
})
