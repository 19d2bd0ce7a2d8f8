import type { AppWorld } from '../../shared/contract/app-world.ts'
import { checkDefinition } from '../../shared/contract/check-definition.ts'
import { parseDefinition } from '../../shared/contract/definition.ts'

type Type = 'chat_driven' | 'output_focused'

function findingsOf(type: Type, steps: object[], world: AppWorld = {}, more: object = {}) {
  const parsed = parseDefinition({ name: 'W', type, steps, ...more })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const { errors, warnings } = checkDefinition(parsed.definition, world)
  const said = ({ path, message }: { path: string; message: string }) => `${path}: ${message}`
  return { errors: errors.map(said), warnings: warnings.map(said) }
}
const problemsOf = (steps: object[]) => {
  const parsed = parseDefinition({ name: 'W', type: 'chat_driven', steps })
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`)
}

const end = { id: 'done', type: 'end' }
const agent = (more: object = {}) => ({ id: 'a', type: 'agent', prompt: 'Answer ${userMessage}', ...more })
const reply = agent({ chatReply: true })
const intent = (more: object = {}) => ({
  id: 'i',
  type: 'intent',
  intents: [{ name: 'order', description: 'd', steps: [] }],
  ...more,
})

const route = { id: 'r', type: 'route', team: 'support' }

test('F040 a conversation is handed to a team that the app has; a run has none to hand over', () => {
  const world = { teams: ['sales', 'support'] }
  expect(findingsOf('chat_driven', [route, end], world)).toEqual({ errors: [], warnings: [] })
  expect(findingsOf('chat_driven', [route, end])).toEqual({ errors: [], warnings: [] })
  expect(findingsOf('chat_driven', [route, end], { teams: ['sales'] }).errors).toEqual([
    'steps[0].team: this app has no team "support"; it has sales',
  ])
  expect(findingsOf('chat_driven', [route, end], { teams: [] }).errors).toEqual([
    'steps[0].team: this app has no team "support"; it has none',
  ])
  expect(findingsOf('output_focused', [route], world).errors).toEqual([
    'steps[0].type: an output-focused workflow has no conversation to hand over: "route" is for chat-driven ones, and for actions, which a conversation calls',
  ])
  const action = { name: 'transfer', description: 'Fetches a person' }
  expect(findingsOf('output_focused', [route], world, { action }).errors).toEqual([])
  for (const team of ['', '${variables.team}'])
    expect(problemsOf([{ ...route, team }, end])).toEqual([expect.stringContaining('steps[0].team')])
})

test('F040 what a person handed back is sure to be there, unless nobody need come', () => {
  const say = { id: 's', type: 'message', text: '${r.note} ${r.transcript} ${r.by}' }
  expect(findingsOf('chat_driven', [route, say, end]).errors).toEqual([])
  const expire = (steps: object[]) => ({ ...route, expire: { after: 'PT1H', steps } })
  expect(findingsOf('chat_driven', [expire([]), say, end]).errors).toHaveLength(3)
  expect(findingsOf('chat_driven', [expire([{ id: 'stop', type: 'end' }]), say, end]).errors).toEqual([])
})

test('F103 a chat-driven workflow needs an end', () => {
  const { errors } = findingsOf('chat_driven', [reply])
  expect(errors).toEqual(['steps: a chat-driven workflow needs an "end" step: add one behind the others'])
  expect(findingsOf('chat_driven', [reply, end])).toEqual({ errors: [], warnings: [] })
  expect(findingsOf('output_focused', [agent({ prompt: 'p' })]).errors).toEqual([])
})

test.each<[string, object[], boolean]>([
  ['an agent that says nothing', [agent()], true],
  ['an intent alone', [intent()], true],
  ['a draft alone', [{ id: 'd', type: 'draft', format: 'text', prompt: 'p' }], true],
  ['a person', [agent(), route], false],
  ['a reply', [reply], false],
  ['a reply in an arm', [intent({ intents: [{ name: 'o', description: 'd', steps: [reply] }] })], false],
  ['a message', [agent(), { id: 'm', type: 'message', text: 't' }], false],
  ['a question', [agent(), { id: 'q', type: 'ask', question: 'q', answer: { type: 'text' } }], false],
  ['no model at work', [{ id: 's', type: 'set', variables: {} }], false],
])('F091 a conversation that nobody answers is pointed out: %s', (_, steps, isPointedOut) => {
  const { errors, warnings } = findingsOf('chat_driven', [...steps, end])
  expect(errors).toEqual([])
  expect(warnings).toEqual(
    isPointedOut
      ? ['steps: no step answers the person: set "chatReply" on the agent that does, or send a message']
      : [],
  )
})

test.each(['useMemory', 'chatReply', 'suggestions'])(
  'F074 an output-focused workflow refuses %s',
  (field) => {
    const { errors } = findingsOf('output_focused', [agent({ prompt: 'p', [field]: true }), end])
    expect(errors).toEqual([
      `steps[0].${field}: an output-focused workflow has no conversation: "${field}" is for chat-driven ones`,
    ])
    expect(findingsOf('output_focused', [agent({ prompt: 'p', [field]: false }), end]).errors).toEqual([])
  },
)

test('F074 an intent without a conversation has to say what it classifies, and has no memory', () => {
  expect(findingsOf('output_focused', [intent({ of: '${input.x}' })]).errors).toEqual([])
  const { errors } = findingsOf('output_focused', [intent({ useMemory: true })])
  expect(errors.map((one) => one.split(':')[0])).toEqual(['steps[0].useMemory', 'steps[0].of'])
})

test('F094 a chat reply has no response schema', () => {
  const { errors } = findingsOf('chat_driven', [agent({ chatReply: true, responseSchema: {} }), end])
  expect(errors).toEqual([
    'steps[0].responseSchema: a chat reply is text: take the schema out, or "chatReply"',
  ])
})

test('F092 suggestions behind no reply are pointed out', () => {
  const silent = agent({ suggestions: true })
  const { warnings } = findingsOf('chat_driven', [silent, { id: 'm', type: 'message', text: 't' }, end])
  expect(warnings).toEqual([expect.stringContaining('steps[0].suggestions: ')])
})

test('F088 tools that the app does not have are named where they stand', () => {
  const world: AppWorld = {
    integrations: { shop: { getOrder: { arguments: {} } } },
    mcpServers: { desk: { find: { arguments: {} } } },
  }
  const steps = (more: object) => [agent({ prompt: 'p', ...more }), end]
  const fine = {
    tools: [{ integration: 'shop', operation: 'getOrder', approval: true }],
    mcpServers: [{ server: 'desk' }, { server: 'desk', tools: ['find'] }],
  }
  expect(findingsOf('output_focused', steps(fine), world).errors).toEqual([])
  expect(
    findingsOf(
      'output_focused',
      steps({
        tools: [
          { integration: 'shop', operation: 'refund' },
          { integration: 'bank', operation: 'pay' },
        ],
        mcpServers: [{ server: 'desk', tools: ['drop'] }, { server: 'none' }],
      }),
      world,
    ).errors,
  ).toEqual([
    'steps[0].mcpServers[1].server: this app has no server "none"; it has desk',
    'steps[0].tools[0].operation: "shop" has no operation "refund"; it has getOrder',
    'steps[0].tools[1].integration: this app has no integration "bank"; it has shop',
    'steps[0].mcpServers[0].tool: "desk" has no tool "drop" that may be called; it has find: an admin accepts and allows tools',
  ])
})

test.each<[object, string]>([
  [agent({ limits: { steps: 0 } }), 'limits.steps'],
  [agent({ limits: { time: 'P1D' } }), 'limits.time: a duration from PT1S to PT30M'],
  [agent({ limits: { rounds: 3 } }), 'limits'],
  [agent({ prompt: ' ' }), 'prompt: must not be empty'],
  [agent({ responseKey: 'userMessage' }), 'responseKey: "userMessage" is a reserved word'],
  [agent({ rules: ['${'] }), 'rules[0]'],
  [intent({ intents: [] }), 'intents'],
  [
    intent({ intents: [{ name: 'otherwise', description: 'd', steps: [] }] }),
    'intents[0].name: "otherwise" is',
  ],
  [
    intent({ intents: [{ name: '${x}', description: 'd', steps: [] }] }),
    'intents[0].name: a name is plain words',
  ],
])('F086 %j is refused at save', (step, problem) => {
  expect(problemsOf([step, end])).toEqual([expect.stringContaining(`steps[0].${problem}`)])
})

test('F095 two intents of one name are refused', () => {
  const one = { name: 'order', description: 'd', steps: [] }
  const { errors } = findingsOf('chat_driven', [
    intent({ intents: [one, one] }),
    { id: 'm', type: 'message', text: 't' },
    end,
  ])
  expect(errors).toEqual(['steps[0].intents[1].name: there is an intent "order" already'])
})

test('F093 a result is named by its response key', () => {
  const steps = [
    agent({ prompt: 'p', responseKey: 'answer' }),
    { id: 'm', type: 'message', text: '${answer}' },
    end,
  ]
  expect(findingsOf('output_focused', steps).errors).toEqual([])
})
