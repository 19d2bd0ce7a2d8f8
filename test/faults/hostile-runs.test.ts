import { randomUUID } from 'node:crypto'
import { versions, workflows } from '../../storage/sql/schema.ts'
import { createWorld, type World } from '../harness/world.ts'

const limit = 120_000

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

/** Puts a definition into the database past everything that would have refused it. */
async function inject(definition: unknown): Promise<string> {
  const { workspaceId, appId } = world
  const ids = { workflowId: randomUUID(), workspaceId, appId }
  await world.db
    .insert(workflows)
    .values({ ...ids, type: 'output_focused', name: 'Hostile', draft: {} as never, publishedVersion: 1 })
  await world.db.insert(versions).values({
    ...ids,
    version: 1,
    definition: definition as never,
    sha256: randomUUID(),
    publishedBy: 'test',
  })
  return ids.workflowId
}

let neighbour: string
beforeAll(async () => {
  neighbour = await world.publish({
    variables: { n: 0 },
    steps: [
      { id: 'count', type: 'set', variables: { n: '${variables.n + 1}' } },
      { id: 'hello', type: 'message', text: 'Number ${variables.n}' },
      { id: 'done', type: 'end', output: '${variables.n}' },
    ],
  })
})

async function beside(): Promise<number> {
  const began = Date.now()
  const run = await world.start(neighbour)
  expect((await world.ended(run)).view.output).toBe(1)
  return Date.now() - began
}

/** Names of what went wrong in workflow tasks. */
async function stumbles(run: string) {
  const events = (await world.history(run)).events ?? []
  return events.flatMap(({ workflowTaskFailedEventAttributes: failed, workflowTaskTimedOutEventAttributes: late }) =>
    failed ? [failed.failure?.message] : late && late.timeoutType !== 2 ? ['timed out'] : [],
  )
}

const costly = '${' + Array.from({ length: 60 }, (_, i) => 'x').join('') .replaceAll('x','') + "[1,2,3,4,5,6,7,8,9,10].map(a, [1,2,3,4,5,6,7,8,9,10].map(b, [1,2,3,4,5,6,7,8,9,10].map(c, [1,2,3,4,5,6,7,8,9,10].map(d, a*b*c*d)))).size() > 0}"
const never = costly.replace('> 0', '< 0')

const nest = (levels: number, innermost: object[], make: (steps: object[], level: number) => object): object[] =>
  levels === 0 ? innermost : [make(nest(levels - 1, innermost, make), levels)]

const cases: [string, object][] = [
  ['set1000', { steps: [{ id: 's', type: 'set', variables: Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`v${i}`, costly])) }] }],
  ['branch900', { steps: [{ id: 's', type: 'branch', cases: Array.from({ length: 900 }, () => ({ when: never, steps: [] })) }] }],
  ['when900', { steps: Array.from({ length: 900 }, (_, i) => ({ id: `s${i}`, type: 'set', when: never, variables: { a: 1 } })) }],
  ['repeatnothing', { steps: [{ id: 's', type: 'repeat', max: 10_000, until: never, steps: [] }] }],
  ['waits', { steps: Array.from({ length: 1 }, (_, i) => ({ id: 'p', type: 'parallel', arms: Array.from({ length: 50 }, (_, j) => ({ name: `a${j}`, steps: [{ id: `w${j}`, type: 'wait', condition: never, every: 'PT1S' }] })) })) }],
  ['doubling', { variables: { x: 'x'.repeat(1000) }, steps: [...Array.from({ length: 40 }, (_, i) => ({ id: `s${i}`, type: 'set', variables: { x: '${variables.x}${variables.x}' } }))] }],
  ['bigtemplate', { variables: { x: 'x'.repeat(1000) }, steps: [...Array.from({ length: 11 }, (_, i) => ({ id: `s${i}`, type: 'set', variables: { x: '${variables.x}${variables.x}' } })), { id: 'big', type: 'message', text: '${variables.x}'.repeat(6000) }] }],
  ['bigvariables', { variables: { x: 'x'.repeat(1000) }, steps: [...Array.from({ length: 11 }, (_, i) => ({ id: `s${i}`, type: 'set', variables: { x: '${variables.x}${variables.x}' } })), ...Array.from({ length: 500 }, (_, i) => ({ id: `v${i}`, type: 'set', variables: { [`y${i}`]: '${variables.x}' } })), { id: 'm', type: 'message', text: 'x' }, { id: 'w', type: 'wait', for: 'PT1H' }] }],
  ['each3', { input: {}, variables: { l: Array.from({ length: 10_000 }, (_, i) => i) }, steps: nest(3, [], (steps, l) => ({ id: `e${l}`, type: 'each', in: '${variables.l}', steps })) }],
  ['each3set', { input: {}, variables: { l: Array.from({ length: 10_000 }, (_, i) => i), n: 0 }, steps: nest(3, [{ id: 's', type: 'set', variables: { n: '${variables.n + 1}' } }], (steps, l) => ({ id: `e${l}`, type: 'each', in: '${variables.l}', steps })) }],
  ['each50x3', { variables: { l: Array.from({ length: 10_000 }, (_, i) => i) }, steps: nest(3, [{ id: 'w', type: 'wait', for: 'PT1H' }], (steps, l) => ({ id: `e${l}`, type: 'each', parallel: 50, in: '${variables.l}', steps })) }],
  ['manyactivities', { variables: { l: Array.from({ length: 60 }, (_, i) => i) }, steps: nest(2, [{ id: 'w', type: 'notify', to: { users: ['ana'] }, text: 'x', by: ['inbox'] }], (steps, l) => ({ id: `e${l}`, type: 'each', parallel: 50, in: '${variables.l}', steps })) }],
  ['bigcommands', { variables: { l: Array.from({ length: 10 }, (_, i) => i), x: 'x'.repeat(60_000) }, steps: nest(2, [{ id: 'w', type: 'notify', to: { users: ['ana'] }, text: '${variables.x.size()}', by: ['inbox'] }], (steps, l) => ({ id: `e${l}`, type: 'each', parallel: 50, in: '${variables.l}', steps })) }],
  ['repeat2', { variables: { n: 0 }, steps: nest(2, [{ id: 's', type: 'set', variables: { n: '${variables.n + 1}' } }], (steps, l) => ({ id: `r${l}`, type: 'repeat', max: 10_000, until: '${false}', steps })) }],
  ['wait0', { steps: [{ id: 'r', type: 'repeat', max: 10_000, until: '${false}', steps: [{ id: 'w', type: 'wait', for: 'PT0S' }] }] }],
  ['nosteps', { steps: 'x' }],
  ['nullsteps', { steps: [null] }],
  ['string', 'x' as never],
  ['wrongtypes', { steps: [{ id: 5, type: {} }] }],
  ['toString', { steps: [{ id: 'a', type: 'toString' }] }],
  ['proto', { steps: [{ id: '__proto__', type: 'set', variables: { a: 1 } }, { id: 'm', type: 'message', text: 'x' }] }],
  ['proto2', { steps: [{ id: 'constructor', type: 'each', in: '${[1]}', as: '__proto__', steps: [{ id: 'prototype', type: 'message', text: '${constructor}' }] }] }],
  ['fields', { steps: [{ id: 'a', type: 'branch', cases: 5 }, { id: 'b', type: 'repeat', max: 'x', steps: 3 }] }],
  ['onerror', { steps: [{ id: 'a', type: 'branch', cases: 5, onError: { steps: 'x' } }] }],
  ['many', { steps: Array.from({ length: 50_000 }, (_, i) => ({ id: `s${i}`, type: 'set', variables: { a: i } })) }],
]

it.each(cases)('%s', async (name, given) => {
  const workflowId = await inject(typeof given === 'string' ? given : { type: 'output_focused', name: 'x', ...given })
  const base = await beside()
  const run = await world.start(workflowId)
  const lat: number[] = []
  const end = Date.now() + 6_000
  let ended: any
  while (Date.now() < end) {
    lat.push(await beside().catch(() => 99999))
    const s = await world.handle(run).describe()
    if (s.status.name !== 'RUNNING') { ended = s.status.name; break }
  }
  const b = Date.now()
  let error: any
  if (!ended) {
    await world.runs.cancel(run)
    const e = await world.ended(run).catch((e) => ({ status: `STUCK ${e}`, view: { error: null } }))
    ended = `cancelled→${(e as any).status}`
    error = e.view.error
    
  } else error = (await world.ended(run).catch((e) => ({ view: { error: String(e) } }))).view.error
  const took = Date.now() - b
  console.log(JSON.stringify({ name, base, worst: Math.max(...lat), ended, error: JSON.stringify(error)?.slice(0, 200), took, stumbles: (await stumbles(run)).slice(0, 3), rss: Math.round(process.memoryUsage().rss / 1e6) }))
  await world.handle(run).terminate('x').catch(() => {})
}, limit)
