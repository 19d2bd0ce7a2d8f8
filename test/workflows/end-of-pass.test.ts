import { eq } from 'drizzle-orm'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { instances } from '../../storage/sql/schema.ts'
import { writeEntries } from '../../storage/sql/write-journal.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const tell = (text = 'It is done.') => ({
  id: 'tell',
  type: 'notify',
  to: { users: ['ana'] },
  text,
  by: ['inbox'],
})
const draft = { id: 'd', type: 'draft', format: 'text', prompt: 'Write.' }
const end = (output?: string) => ({ id: 'done', type: 'end', ...(output ? { output } : {}) })

/** The activities that a run had, in order. */
async function activities(run: string): Promise<(string | null | undefined)[]> {
  const { events } = await world.history(run)
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled && scheduled.activityType?.name !== 'loadDefinition' ? [scheduled.activityType?.name] : [],
  )
}

/** What readers got from the last step on. */
async function toldFrom(run: string, stepId: string): Promise<string[]> {
  const told = (await world.journal(run)).map(({ event, data }) =>
    `${event} ${(data as { stepId?: string }).stepId ?? ''}`.trim(),
  )
  return told.slice(told.indexOf(`stepFinished ${stepId}`))
}

it('travels with the last result, steps around and the output included', async () => {
  world.models.will('Words.')
  const gate = { id: 'gate', type: 'branch', cases: [{ when: '${true}', steps: [tell()] }] }
  const run = await world.begin({ steps: [draft, gate, end('${d}')] })
  const { status, view } = await world.ended(run)
  expect([status, view.output, view.percent]).toEqual(['completed', 'Words.', 100])
  expect(await world.runs.result(run)).toBe('Words.')
  expect(await activities(run)).toEqual(['generateText', 'sendNotice'])
  expect(await toldFrom(run, 'tell')).toEqual([
    'stepFinished tell',
    'progress',
    'stepFinished gate',
    'stepStarted done',
    'stepFinished done',
    'progress',
    'instanceFinished',
  ])
})

it.each<[string, object[], string]>([
  ['its output hangs on the last result', [draft, end('${d}')], 'Words.'],
  [
    'its output hangs on a step around',
    [
      { id: 'b', type: 'branch', cases: [{ when: '${true}', steps: [draft] }] },
      end("${d.orValue('') + '!'}"),
    ],
    'Words.!',
  ],
  ['something is left to say', [draft, { id: 'bye', type: 'message', text: 'Bye.' }, end('${1}')], '1'],
  [
    'the end is only for some',
    [draft, { ...end('${1}'), when: '${d == "x"}' }, { id: 'other', type: 'end', output: '${2}' }],
    '2',
  ],
])('waits for what comes first: %s', async (_, steps, output) => {
  world.models.will('Words.')
  const run = await world.begin({ steps })
  const { status, view } = await world.ended(run)
  expect([status, String(view.output)]).toEqual(['completed', output])
  expect(await activities(run)).toEqual(['generateText', 'writeEntries'])
})

it('is not told when the last step fails', async () => {
  const broken = { ...draft, format: 'json', responseSchema: { type: 'number' }, retry: { attempts: 1 } }
  world.models.will('x', 'x', 'x')
  const run = await world.begin({ steps: [broken, end()] })
  expect((await world.ended(run)).view.error?.code).toBe('ModelOutputInvalid')
  expect((await world.events(run, 'instanceFinished')).map(({ status }) => status)).toEqual(['failed'])
})

it('stands as it was told first: who did not hear of it cannot tell another', async () => {
  const run = await world.begin({ steps: [{ id: 'hello', type: 'message', text: 'Hello.' }, end()] })
  const row = await world.ended(run)
  const before = await world.journal(run)
  const ref = { ...row, kind: row.kind } as unknown as RunRef
  const at = new Date().toISOString()
  await writeEntries(world.db, ref, [
    { event: 'chatCancelled', key: 'cancelled:m', messageId: 'm', at },
    { event: 'instanceFinished', key: 'run:other', status: 'cancelled', output: null, at },
  ])
  expect(await world.journal(run)).toEqual(before)
  const [after] = await world.db.select().from(instances).where(eq(instances.instanceUuid, run))
  expect(after?.status).toBe('completed')
  await writeEntries(world.db, ref, [
    { event: 'refused', key: 'refused:0', name: 'answer', reason: 'too late', at },
  ])
  expect((await world.journal(run)).at(-1)?.event).toBe('refused')
})
