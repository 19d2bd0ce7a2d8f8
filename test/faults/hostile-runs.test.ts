import { randomUUID } from 'node:crypto'
import type { Definition } from '../../shared/contract/definition.ts'
import { versions, workflows } from '../../storage/sql/schema.ts'
import { createWorld, type World } from '../harness/world.ts'

const limit = 120_000
/** What a neighbour may wait on a machine that does other things too. Alone it is a tenth of this. */
const neighbourly = 5_000
/** How long a run that never ends is watched: what it piles up is felt within its first few tasks. */
const atWork = 1_200

let world: World
let neighbour: string
beforeAll(async () => {
  world = await createWorld()
  neighbour = await world.publish({
    variables: { n: 0 },
    steps: [
      { id: 'count', type: 'set', variables: { n: '${variables.n + 1}' } },
      { id: 'hello', type: 'message', text: 'Number ${variables.n}' },
      { id: 'done', type: 'end', output: '${variables.n}' },
    ],
  })
})
afterEach(() => world.replay())
afterAll(() => world.close())

/** Puts a definition into the database past everything that would have refused it. */
async function inject(definition: unknown): Promise<string> {
  const { workspaceId, appId } = world
  const ids = { workflowId: randomUUID(), workspaceId, appId }
  const given = definition as Definition
  const row = { ...ids, type: 'output_focused' as const, name: 'Hostile', draft: given, publishedVersion: 1 }
  await world.db.insert(workflows).values(row)
  await world.db
    .insert(versions)
    .values({ ...ids, version: 1, definition: given, sha256: randomUUID(), publishedBy: 'test' })
  return ids.workflowId
}

/** Runs an innocent workflow on the same worker; gives the milliseconds it took. */
async function beside(): Promise<number> {
  const began = Date.now()
  const run = await world.start(neighbour)
  expect((await world.ended(run)).view.output).toBe(1)
  return Date.now() - began
}

/** What went wrong in the workflow tasks of a run: nothing ever may. */
async function stumbles(run: string): Promise<unknown[]> {
  const histories = await world.histories(run)
  return histories
    .flatMap(({ events }) => events ?? [])
    .flatMap(({ workflowTaskFailedEventAttributes: failed, workflowTaskTimedOutEventAttributes: late }) =>
      failed ? [failed.failure?.message] : late ? ['timed out'] : [],
    )
}

const list = Array.from({ length: 10_000 }, (_, index) => index)
const ten = '[1,2,3,4,5,6,7,8,9,10]'
/** Nearly all that one expression may cost, and false. */
const costly = `\${${ten}.map(a, ${ten}.map(b, ${ten}.map(c, ${ten}.map(d, a*b*c*d)))).size() < 0}`
const doubled = (times: number) =>
  Array.from({ length: times }, (_, index) => ({
    id: `twice${index}`,
    type: 'set',
    variables: { x: '${variables.x}${variables.x}' },
  }))
const counted = { id: 'count', type: 'set', variables: { n: '${variables.n + 1}' } }
const tell = (text: string) => ({ id: 'tell', type: 'notify', to: { users: ['ana'] }, text, by: ['inbox'] })
const nest = (levels: number, innermost: object[], more: object): object[] =>
  levels === 0 ? innermost : [{ id: `loop${levels}`, ...more, steps: nest(levels - 1, innermost, more) }]
const each = { type: 'each', in: '${variables.list}' }
const nothing = { id: 'none', type: 'set', variables: {} }

it.each<[what: string, code: string, definition: unknown]>([
  ['text', 'InvalidDefinition', 'x'],
  ['steps that are no list', 'InvalidDefinition', { steps: 'x' }],
  ['a step that is nothing', 'InvalidDefinition', { steps: [null] }],
  ['a type that every object has', 'InvalidDefinition', { steps: [{ id: 'a', type: 'toString' }] }],
  ['fields of wrong types', 'InvalidDefinition', { steps: [{ id: 'a', type: 'branch', cases: 5 }] }],
  [
    'onError of a wrong type',
    'InvalidDefinition',
    { steps: [{ id: 'a', type: 'set', variables: {}, onError: { steps: 'x' } }] },
  ],
  ['an id from the prototype', 'InvalidDefinition', { steps: [{ id: 'constructor', type: 'end' }] }],
  ['50,000 steps', 'InvalidDefinition', { steps: list.map((n) => ({ id: `s${n}`, type: 'end' })) }],
  ['an open placeholder', 'InvalidDefinition', { steps: [{ id: 'a', type: 'message', text: '${(' }] }],
  [
    'a thousand costly expressions in one step',
    'ExpressionFailed',
    {
      steps: [
        {
          id: 'a',
          type: 'set',
          variables: Object.fromEntries(list.slice(0, 900).map((n) => [`v${n}`, costly])),
        },
      ],
    },
  ],
  ['a text that doubles', 'ExpressionFailed', { variables: { x: 'x'.repeat(1_000) }, steps: doubled(40) }],
  [
    'a template that becomes 12 GB',
    'TooLarge',
    {
      variables: { x: 'x'.repeat(1_000) },
      steps: [...doubled(11), { id: 'a', type: 'message', text: '${variables.x}'.repeat(6_000) }],
    },
  ],
  [
    'variables of a gigabyte together',
    'TooLarge',
    {
      variables: { x: 'x'.repeat(1_000) },
      steps: [
        ...doubled(11),
        ...list
          .slice(0, 500)
          .map((n) => ({ id: `v${n}`, type: 'set', variables: { [`v${n}`]: '${variables.x}' } })),
      ],
    },
  ],
  [
    'more lines than a run may have',
    'TooLarge',
    {
      variables: { list },
      steps: nest(
        1,
        [
          {
            id: 'arms',
            type: 'parallel',
            arms: list
              .slice(0, 50)
              .map((n) => ({ name: `arm ${n}`, steps: [{ id: `w${n}`, type: 'wait', for: 'PT1H' }] })),
          },
        ],
        { ...each, parallel: 50 },
      ),
    },
  ],
])(
  'past publish, %s: that run fails, and no other',
  async (_, code, definition) => {
    const isObject = typeof definition === 'object'
    const workflowId = await inject(
      isObject ? { type: 'output_focused', name: 'Hostile', ...definition } : definition,
    )
    const run = await world.start(workflowId)
    expect(await beside()).toBeLessThan(neighbourly)
    const ended = await world.ended(run)
    expect(ended.status).toBe('failed')
    expect(ended.view.error?.code).toBe(code)
    expect(await stumbles(run)).toEqual([])
  },
  limit,
)

it.each<[what: string, definition: object]>([
  ['each in each in each, of 10,000 items', { variables: { list }, steps: nest(3, [nothing], each) }],
  [
    'each in each in each, side by side',
    {
      variables: { list },
      steps: nest(3, [{ id: 'w', type: 'wait', for: 'PT1H' }], { ...each, parallel: 50 }),
    },
  ],
  [
    'thousands of activities at once',
    { variables: { list }, steps: nest(2, [tell('x')], { ...each, parallel: 50 }) },
  ],
  [
    'calls that together are larger than a task may carry',
    {
      variables: { list, x: 'x'.repeat(50_000) },
      steps: nest(2, [tell('${size(variables.x)}')], { ...each, parallel: 50 }),
    },
  ],
  [
    'a loop of nothing, with a costly condition',
    {
      steps: [
        {
          id: 'again',
          type: 'repeat',
          until: costly,
          max: 10_000,
          steps: [nothing],
        },
      ],
    },
  ],
  [
    'loops of nothing but variables',
    { variables: { n: 0 }, steps: nest(2, [counted], { type: 'repeat', until: '${false}', max: 10_000 }) },
  ],
  [
    'a loop of waits for no time',
    {
      steps: nest(1, [{ id: 'w', type: 'wait', for: 'PT0S' }], {
        type: 'repeat',
        until: '${false}',
        max: 10_000,
      }),
    },
  ],
  [
    'fifty lines that wait for costly conditions',
    {
      steps: [
        {
          id: 'all',
          type: 'parallel',
          arms: list.slice(0, 50).map((n) => ({
            name: `arm ${n}`,
            steps: [{ id: `w${n}`, type: 'wait', condition: costly, every: 'PT1S' }],
          })),
        },
      ],
    },
  ],
  [
    '900 steps with costly conditions',
    { steps: list.slice(0, 900).map((n) => ({ ...counted, id: `s${n}`, when: costly })) },
  ],
])(
  '%s: others have their turn, and a cancel ends it',
  async (_, definition) => {
    const run = await world.begin(definition as Record<string, unknown>)
    const waits: number[] = []
    for (const end = Date.now() + atWork; waits.length < 3 || Date.now() < end; ) waits.push(await beside())
    const asked = Date.now()
    await world.runs.cancel(run)
    expect((await world.ended(run)).status).toBe('cancelled')
    expect(Date.now() - asked).toBeLessThan(2 * neighbourly)
    expect(Math.max(...waits)).toBeLessThan(neighbourly)
    expect(await stumbles(run)).toEqual([])
  },
  limit,
)

describe('a workflow that calls itself', () => {
  /** A definition that names its own id, which publish cannot know. */
  const calling = async (steps: (workflowId: string) => object[]) => {
    const workflowId = await world.publish({ steps: [{ id: 'done', type: 'end' }] })
    await world.publishNext(workflowId, { variables: { list: list.slice(0, 12) }, steps: steps(workflowId) })
    return workflowId
  }
  const call = (workflowId: string, more: object = {}) => ({
    id: 'call',
    type: 'subworkflow',
    workflowId,
    ...more,
  })

  it(
    'is stopped ten deep',
    async () => {
      const run = await world.start(await calling((id) => [call(id)]))
      const ended = await world.ended(run)
      expect(ended.view.error?.code).toBe('InvalidDefinition')
      expect(ended.view.error?.message).toMatch(/10 deep/)
      const all = await world.db.query.instances.findMany({
        where: (row, { eq }) => eq(row.workflowId, ended.workflowId),
      })
      expect(all).toHaveLength(11)
    },
    limit,
  )

  it(
    'cannot fork without end: ten thousand calls are all that one run leads to',
    async () => {
      const workflowId = await calling((id) => [
        { id: 'all', type: 'each', in: '${variables.list}', steps: [call(id, { onError: 'continue' })] },
      ])
      const { instanceUuid } = await world.runs.startRun({
        workflowId,
        parent: { instanceUuid: randomUUID(), depth: 1, calls: 9 },
      } as never)
      world.follow(instanceUuid)
      await world.ended(instanceUuid)
      const all = await world.db.query.instances.findMany({
        where: (row, { eq }) => eq(row.workflowId, workflowId),
      })
      expect(all).toHaveLength(10)
    },
    limit,
  )
})
