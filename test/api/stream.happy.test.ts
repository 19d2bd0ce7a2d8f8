import { randomUUID } from 'node:crypto'
import net from 'node:net'
import { endStreams, streamLimits } from '../../api/stream.ts'
import { tell } from '../../storage/live/live.ts'
import { journal } from '../../storage/sql/schema.ts'
import {
  addressOf,
  type Events,
  type ScriptedRun,
  scriptRun,
  startApi,
  type TestApi,
} from '../harness/api.ts'
import { until } from '../harness/until.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const at = (run: ScriptedRun) => `R/workflows/instances/${run.ref.instanceUuid}/stream`
const step = { stepId: 'draft', path: 'draft', title: 'Draft', type: 'draft' }
const say = (text: string) => ({
  event: 'message' as const,
  messageId: randomUUID(),
  role: 'assistant' as const,
  text,
  attachments: [],
})
const last = (events: Events, text: string) =>
  events.next(text, ({ event, data }) => event === 'message' && data.text === text)

test('a stream tells what was and what comes, as the contract says', async () => {
  const run = await scriptRun(api)
  await run.tell({ event: 'stepStarted', status: 'running', ...step })
  const events = await api.as('member').stream(at(run))
  expect(events.status).toBe(200)
  expect(events.headers.get('content-type')).toContain('text/event-stream')
  expect(events.headers.get('x-accel-buffering')).toBe('no')
  expect(events.headers.get('cache-control')).toContain('no-transform')
  await events.next('the step', ({ event }) => event === 'stepStarted')
  await run.tell(
    { event: 'stepFinished', ...step, status: 'completed', output: { secret: 'large' } },
    say('done'),
  )
  await last(events, 'done')
  expect(events.seen.map(({ id, event }) => [id, event])).toEqual([
    [1, 'instanceStarted'],
    [2, 'stepStarted'],
    [3, 'stepFinished'],
    [4, 'message'],
  ])
  for (const { data } of events.seen)
    expect(data).toMatchObject({
      channel: 'CHAT_WORKFLOW_RESPONSE',
      chatSessionId: null,
      instanceUuid: run.ref.instanceUuid,
      at: expect.any(String),
    })
  expect(events.seen[2]?.data).toMatchObject({ ...step, status: 'completed' })
  expect(events.seen[2]?.data.output).toBeUndefined()
  expect(events.raw()).toMatch(/^: /)
  events.drop()
})

test('0 gaps and 0 duplicates over 100 forced drops', async () => {
  const run = await scriptRun(api)
  const total = 400
  let isWriting = true
  const writing = (async () => {
    for (let n = 1; n <= total; n += 4)
      await run.tell(
        ...[0, 1, 2, 3].map((more) => ({ event: 'progress' as const, percent: 1, label: `${n + more}` })),
      )
    isWriting = false
  })()
  const got: number[] = []
  let drops = 0
  while (drops < 100 || isWriting || got.length <= total) {
    const from = got.at(-1)
    // Every second time by query instead of the header.
    const events = await api
      .as('member')
      .stream(
        `${at(run)}${drops % 2 && from ? `?after=${from}` : ''}`,
        drops % 2 || !from ? {} : { 'last-event-id': String(from) },
      )
    const wanted = 1 + (drops % 7)
    await until(
      'some events',
      () => events.seen.length >= wanted || (!isWriting && got.length + events.seen.length > total),
      10_000,
    )
    // Only some of what came was seen by the client when the line broke.
    got.push(...events.seen.slice(0, drops < 100 ? wanted : undefined).map(({ id }) => id as number))
    events.drop()
    drops++
  }
  await writing
  expect(got).toEqual(Array.from({ length: total + 1 }, (_, n) => n + 1))
}, 60_000)

test('many readers of one run all get everything in order, whenever they came', async () => {
  const run = await scriptRun(api)
  const readers: Events[] = []
  for (let n = 0; n < 30; n++) {
    await run.tell(say(`m${n}`))
    if (n % 3 === 0) readers.push(await api.as('member').stream(at(run)))
  }
  for (const events of readers) {
    await last(events, 'm29')
    expect(events.seen.map(({ id }) => id)).toEqual(Array.from({ length: 31 }, (_, n) => n + 1))
    events.drop()
  }
})

describe('texts that are being written', () => {
  const piece = (run: ScriptedRun, messageId: string, offset: number, text: string, attempt = 1) =>
    tell(api.db, {
      t: 'delta',
      streamId: run.ref.instanceUuid,
      instanceUuid: run.ref.instanceUuid,
      messageId,
      path: 'draft',
      attempt,
      offset,
      text,
    })
  const textOf = (events: Events) => {
    let text = ''
    for (const { event, data } of events.seen) {
      if (event === 'reset') text = ''
      if (event === 'messageDelta') {
        expect(data.offset).toBe(text.length)
        text += data.text
      }
    }
    return text
  }

  test('pass through live, without ids; who comes later gets the text so far', async () => {
    const run = await scriptRun(api)
    const messageId = randomUUID()
    const early = await api.as('member').stream(at(run))
    await early.next('the start', ({ event }) => event === 'instanceStarted')
    await run.tell({ event: 'stepStarted', status: 'running', ...step })
    await piece(run, messageId, 0, 'Hello ')
    await piece(run, messageId, 6, 'wor')
    await until('the pieces', () => textOf(early) === 'Hello wor')
    const late = await api.as('member').stream(`${at(run)}?after=2`)
    await until('the text so far', () => textOf(late) === 'Hello wor')
    expect(late.seen.map(({ id, event, data }) => [id, event, data.offset])).toEqual([
      [undefined, 'reset', undefined],
      [undefined, 'messageDelta', 0],
    ])
    expect(late.seen[1]?.data).toMatchObject({
      channel: 'CHAT_WORKFLOW_RESPONSE',
      messageId,
      path: 'draft',
      attempt: 1,
      instanceUuid: run.ref.instanceUuid,
    })
    await piece(run, messageId, 9, 'ld')
    await until('the rest', () => textOf(late) === 'Hello world' && textOf(early) === 'Hello world')
    // Told in full, it is not being written any more.
    await run.tell(
      { ...say('Hello world'), messageId },
      { event: 'stepFinished', ...step, status: 'completed' },
    )
    await last(early, 'Hello world')
    const after = await api.as('member').stream(at(run))
    await last(after, 'Hello world')
    await run.tell(say('next'))
    await last(after, 'next')
    expect(after.seen.some(({ event }) => event === 'messageDelta')).toBe(false)
    for (const events of [early, late, after]) events.drop()
  })

  test('are heard also while nobody reads, and forgotten when their step ends', async () => {
    const run = await scriptRun(api)
    const [kept, ended] = [randomUUID(), randomUUID()]
    await piece(run, ended, 0, 'gone')
    await run.tell({ event: 'stepFinished', ...step, status: 'completed' })
    await piece(run, kept, 0, 'x'.repeat(3_000))
    const probe = await api.as('member').stream(at(run))
    await until('the text so far', () => textOf(probe).length === 3_000)
    expect(
      probe.seen.filter(({ event }) => event === 'messageDelta').every(({ data }) => data.messageId === kept),
    ).toBe(true)
    probe.drop()
  })

  test('a piece that comes twice, since its sender could not know whether it had come, is shown once', async () => {
    const run = await scriptRun(api)
    const messageId = randomUUID()
    const events = await api.as('member').stream(at(run))
    await events.next('the start', ({ event }) => event === 'instanceStarted')
    for (const [offset, text] of [
      [0, 'Dear '],
      [0, 'Dear '],
      [5, 'Kari'],
      [5, 'Kari'],
      [9, '!'],
    ] as const)
      await piece(run, messageId, offset, text)
    await until('all of it', () => textOf(events) === 'Dear Kari!')
    expect(events.seen.filter(({ event }) => event === 'messageDelta')).toHaveLength(3)
    events.drop()
  })

  test('begin anew with a new attempt', async () => {
    const run = await scriptRun(api)
    const messageId = randomUUID()
    const events = await api.as('member').stream(at(run))
    await events.next('the start', ({ event }) => event === 'instanceStarted')
    await piece(run, messageId, 0, 'first try')
    await tell(api.db, {
      t: 'reset',
      streamId: run.ref.instanceUuid,
      instanceUuid: run.ref.instanceUuid,
      messageId,
      path: 'draft',
      attempt: 2,
    })
    await piece(run, messageId, 0, 'second', 2)
    await until('the second try', () => textOf(events) === 'second')
    const late = await api.as('member').stream(at(run))
    await until('the text so far', () => textOf(late) === 'second')
    events.drop()
    late.drop()
  })
})

test('the stream of the app tells of what the caller may see, without ids', async () => {
  const mine = await api.as('member').stream('R/stream')
  const all = await api.as('admin').stream('R/stream')
  const boss = await api.as('approver').stream('R/stream')
  const run = await scriptRun(api, 'member')
  const theirs = await scriptRun(api, 'other')
  await run.tell({ event: 'progress', percent: 30, label: 'x' })
  await mine.next(
    'progress',
    ({ data }) => data.instanceUuid === run.ref.instanceUuid && data.progress === 30,
  )
  await all.next('the other run', ({ data }) => data.instanceUuid === theirs.ref.instanceUuid)
  await theirs.ask({
    kind: 'approval',
    approvers: { role: 'approver' },
    artifact: { text: 'x', sha256: 'x' },
  })
  await boss.next(
    'the approval',
    ({ data }) => data.instanceUuid === theirs.ref.instanceUuid && data.status === 'waiting',
  )
  await tell(api.db, { t: 'notice', workspaceId: api.workspaceId, appId: api.appId, userId: 'member' })
  await mine.next('the notice', ({ event }) => event === 'noticeAdded')
  expect(mine.seen.some(({ data }) => data.instanceUuid === theirs.ref.instanceUuid)).toBe(false)
  expect(boss.seen.some(({ data }) => data.instanceUuid === run.ref.instanceUuid)).toBe(false)
  expect(all.seen.some(({ event }) => event === 'noticeAdded')).toBe(false)
  expect(mine.seen.every(({ id }) => id === undefined)).toBe(true)
  for (const events of [mine, all, boss]) events.drop()
})

test('what was written while the line to PostgreSQL was cut is told after it', async () => {
  const run = await scriptRun(api)
  const events = await api.as('member').stream(at(run))
  await events.next('the start', ({ event }) => event === 'instanceStarted')
  for (let n = 0; n < 3; n++) {
    await api.db.$client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'parley-live' and datname = current_database()",
    )
    await run.tell(say(`in the gap ${n}`))
    await last(events, `in the gap ${n}`)
  }
  expect(events.seen.map(({ id }) => id)).toEqual([1, 2, 3, 4])
  events.drop()
})

test('what a process that was killed could tell nobody of is found all the same, once', async () => {
  const run = await scriptRun(api)
  const events = await api.as('member').stream(at(run))
  await events.next('the start', ({ event }) => event === 'instanceStarted')
  const { workspaceId, instanceUuid } = run.ref
  const row = (seq: number) => ({
    ...{ streamId: instanceUuid, workspaceId, instanceUuid, seq, key: randomUUID(), at: new Date() },
    ...{ event: 'progress', data: { percent: seq, label: 'x' } },
  })
  await api.db.insert(journal).values([row(2), row(3)])
  await api.deps.live.look()
  await events.next('the last', ({ id }) => id === 3)
  await api.deps.live.look()
  await api.db.insert(journal).values(row(4))
  await api.deps.live.look()
  await events.next('the last', ({ id }) => id === 4)
  expect(events.seen.map(({ id }) => id)).toEqual([1, 2, 3, 4])
  events.drop()
})

test('a bad place to go on from is a 400', async () => {
  const run = await scriptRun(api)
  expect((await api.as('member').get(`${at(run)}?after=x`)).status).toBe(400)
  expect((await api.as('member').get(at(run), { 'last-event-id': '1; drop' })).status).toBe(400)
})

test('HEAD says what the stream is and ends', async () => {
  const run = await scriptRun(api)
  const response = await api.as('member').send(at(run), { method: 'HEAD' })
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    expect.stringContaining('text/event-stream'),
  ])
})

test('a reader gets a large past whole, at its own pace, and then the present', async () => {
  const run = await scriptRun(api)
  for (let n = 0; n < 30; n++) await run.tell(say(`${n} ${'x'.repeat(300_000)}`))
  const events = await api.as('member').stream(at(run))
  await run.tell(say('now'))
  await last(events, 'now')
  expect(events.seen.map(({ id }) => id)).toEqual(Array.from({ length: 32 }, (_, n) => n + 1))
  events.drop()
}, 60_000)

test('a reader that does not read is dropped, the others go on', async () => {
  const { patience } = streamLimits
  streamLimits.patience = 500
  const run = await scriptRun(api)
  const { pathname, port } = new URL(addressOf(api.url, api, at(run)))
  const lazy = net.connect(Number(port), '127.0.0.1')
  let isDropped = false
  lazy.on('error', () => {})
  lazy.on('close', () => {
    isDropped = true
  })
  lazy.write(
    `GET ${pathname} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${api.keys.member}\r\n\r\n`,
  )
  lazy.pause()
  const eager = await api.as('member').stream(at(run))
  for (let n = 0; n < 40; n++) await run.tell(say(`${n} ${'x'.repeat(300_000)}`))
  await eager.next('the last', ({ data }) => data.text?.startsWith('39 '))
  expect(eager.seen.map(({ id }) => id)).toEqual(Array.from({ length: 41 }, (_, n) => n + 1))
  await new Promise((resolve) => setTimeout(resolve, 600))
  lazy.resume()
  await until('the drop', () => isDropped)
  streamLimits.patience = patience
  eager.drop()
}, 60_000)

test('a shutdown ends streams with a hint when to come back', async () => {
  const run = await scriptRun(api)
  const events = await api.as('member').stream(at(run))
  await events.next('the start', ({ event }) => event === 'instanceStarted')
  endStreams(1_000)
  await events.ended
  expect(events.raw()).toMatch(/retry: 1000\n\n$/)
})
