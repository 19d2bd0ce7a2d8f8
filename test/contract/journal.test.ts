import fc from 'fast-check'
import { apply, emptyView, JournalEvent, type RunView } from '../../shared/contract/journal.ts'

const INSTANCE = '0196f0a0-0000-7000-8000-000000000001'
const id = (at: number) => `0196f0a0-0000-7000-8000-00000000001${at}`
const at = '2026-11-25T09:30:00.000Z'

type Entry = JournalEvent & { at: string }

const opened = (n: number, more: object = {}): Entry => ({
  event: 'requestOpened',
  at,
  requestId: id(n),
  kind: 'answer',
  stepId: 'a',
  path: 'a',
  question: 'What?',
  openedAt: at,
  ...more,
})
const closed = (n: number): Entry => ({
  event: 'requestClosed',
  at,
  requestId: id(n),
  kind: 'answer',
  outcome: 'answered',
})
const asset = (n: number): Entry => ({
  event: 'asset',
  at,
  fileId: id(n),
  name: 'a.docx',
  mediaType: 'application/x',
  bytes: 3,
})
const step = { path: 'a', stepId: 'a', title: 'A', type: 'ask' }
const progress = (percent: number): Entry => ({ event: 'progress', at, percent, label: 'A' })
const finished = (status: 'completed' | 'failed' | 'cancelled', more: object = {}): Entry => ({
  event: 'instanceFinished',
  at,
  status,
  ...more,
})

const viewOf = (entries: Entry[], from: RunView = emptyView) =>
  entries.reduce((view, entry) => apply(view, entry, INSTANCE), from)

test('F009 requests opened at once stand as in the definition, whichever is told of first, also when one is asked again', () => {
  const entries = [
    opened(2, { place: '0001:00010' }),
    opened(1, { place: '0001:00002' }),
    opened(3, { openedAt: '2026-11-25T09:29:59.000Z', place: '0009' }),
  ]
  const order = (list: Entry[]) => viewOf(list).requests.map(({ requestId }) => requestId)
  expect(order(entries)).toEqual([id(3), id(1), id(2)])
  expect(order([...entries, opened(1, { place: '0001:00002', reason: 'too short' })])).toEqual(order(entries))
})

const anyEntry: fc.Arbitrary<Entry> = fc.oneof(
  fc.nat(3).map((n) => opened(n)),
  fc.nat(3).map((n) => opened(n, { reason: 'too short' })),
  fc.nat(3).map(closed),
  fc.nat(3).map(asset),
  fc.nat(99).map(progress),
  fc.constantFrom<Entry>(
    { event: 'instanceStarted', at, title: 'W', status: 'running' },
    { event: 'stepStarted', status: 'running', at, ...step },
    { event: 'stepFinished', at, ...step, status: 'completed' },
    { event: 'stepFailed', at, ...step, status: 'failed', error: { code: 'Rejected', message: 'no' } },
    { event: 'message', at, messageId: id(9), role: 'assistant', text: 'Hi', attachments: [] },
    { event: 'refused', at, name: 'answer', reason: 'no' },
    { event: 'suggestions', at, items: ['a'] },
  ),
)
const entries = fc.array(anyEntry, { maxLength: 30 })

/** A value that throws when anybody writes to it. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(Object.freeze(value))) frozen(inner)
  return value
}

test('a view is made, never changed', () => {
  fc.assert(
    fc.property(entries, (list) => {
      let view = frozen(structuredClone(emptyView))
      for (const entry of list) view = frozen(apply(view, frozen(entry), INSTANCE))
      expect(view).toEqual(viewOf(list))
    }),
  )
})

test('every event that is drawn here is one of the union', () => {
  fc.assert(
    fc.property(anyEntry, (entry) => void expect(JournalEvent.safeParse(entry).error).toBeUndefined()),
  )
})

test('status is waiting exactly while a request is open', () => {
  fc.assert(
    fc.property(
      entries,
      (list) =>
        void expect(viewOf(list).status).toBe(viewOf(list).requests.length > 0 ? 'waiting' : 'running'),
    ),
  )
})

test('a request opened again is the same request, with its reason', () => {
  const view = viewOf([opened(1), opened(2), opened(1, { reason: 'too short' })])
  expect(view.requests.map(({ requestId, reason }) => [requestId, reason])).toEqual([
    [id(2), undefined],
    [id(1), 'too short'],
  ])
  expect(viewOf([opened(1), opened(1)])).toEqual(viewOf([opened(1)]))
  expect(view.requests[0]).toMatchObject({ instanceUuid: INSTANCE, question: 'What?' })
  expect(view.requests[0]).not.toHaveProperty('event')
})

test('writing the whole journal a second time changes nothing that is shown', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(3).map(asset), fc.nat(99).map(progress)), { maxLength: 20 }),
      (list) => void expect(viewOf(list, viewOf(list))).toEqual(viewOf(list)),
    ),
  )
})

test('closing what is not open changes nothing', () => {
  expect(viewOf([opened(1), closed(2)])).toEqual(viewOf([opened(1)]))
  expect(viewOf([closed(2)])).toEqual(emptyView)
})

test('F013 the percentage never falls', () => {
  fc.assert(
    fc.property(
      entries,
      anyEntry,
      (list, next) =>
        void expect(viewOf([...list, next]).percent).toBeGreaterThanOrEqual(viewOf(list).percent),
    ),
  )
})

test.each(['completed', 'failed', 'cancelled'] as const)(
  'F013 a %s run is over: nothing changes it, and 100 is for completed ones',
  (status) => {
    fc.assert(
      fc.property(entries, entries, (before, after) => {
        const running = viewOf(before)
        const over = viewOf([...before, finished(status, { output: { a: 1 } })])
        expect(over).toMatchObject({
          status,
          finishedAt: at,
          requests: [],
          currentStep: null,
          output: { a: 1 },
          percent: status === 'completed' ? 100 : running.percent,
        })
        expect(viewOf([...after, finished('failed'), finished('completed')], over)).toBe(over)
      }),
    )
  },
)

test('the error of a failed run is kept, and the steps shown are those under way', () => {
  const error = { code: 'Rejected', message: '“Send?” was rejected' }
  expect(viewOf([{ event: 'stepStarted', status: 'running', at, ...step }]).currentStep).toEqual({
    stepId: 'a',
    title: 'A',
    path: 'a',
  })
  expect(viewOf([finished('failed', { error })])).toMatchObject({ error, output: null })
})
