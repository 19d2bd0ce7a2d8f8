import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { OpenRequest } from '../../../shared/contract/request.ts'
import { apps, files as fileRows, requests } from '../../../storage/sql/schema.ts'
import { fixture } from '../../harness/files/read-made.ts'
import { refusal } from '../../harness/refusal.ts'
import { until } from '../../harness/until.ts'
import { ana, boss, createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const asking = (answer: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  steps: [
    { id: 'q', type: 'ask', question: 'Well?', answer, ...more },
    { id: 'done', type: 'end', output: '${q}' },
  ],
})

/** Starts a question and waits until it is open. */
async function ask(
  answer: Record<string, unknown>,
  more?: Record<string, unknown>,
): Promise<{ run: string; request: OpenRequest }> {
  const run = await world.begin(asking(answer, more))
  return { run, request: await world.request(run) }
}

/** The same request, once it was asked again. */
const askedAgain = (run: string, but?: string) =>
  until('the question to be asked again', async () => {
    const request = await world.request(run)
    return request.reason !== undefined && request.reason !== but ? request : undefined
  })

const options = [
  { value: 'one', label: 'One page' },
  { value: 'two', label: 'Two pages' },
  { value: 'more', label: 'Several pages' },
]

it.each([
  ['text', { type: 'text' }, '  Just words ', 'Just words'],
  ['a number in words', { type: 'number' }, '12k', 12_000],
  ['a typed number', { type: 'number', integer: true, min: 1 }, 3, 3],
  ['a date', { type: 'date' }, '28 November 2026', '2026-11-28'],
  ['a choice by its place', { type: 'choice', strict: true, options }, 'the second one', 'two'],
  ['a choice by its label', { type: 'choice', strict: true, options }, 'several pages', 'more'],
  [
    'several choices',
    { type: 'choice', multiple: true, strict: true, options },
    'the first and the last',
    ['one', 'more'],
  ],
  ['a free text where a choice is not strict', { type: 'choice', options }, 'A leaflet', 'A leaflet'],
])('F005 F007 %s is understood', async (_, answer, value, given) => {
  const { run } = await ask(answer)
  await world.runs.answer(run, { value, by: ana })
  await world.ended(run)
  expect(await world.runs.result(run)).toEqual(given)
})

it('F005 "next Friday" is a Friday in the workspace’s own time zone', async () => {
  const { run } = await ask({ type: 'date' })
  await world.runs.answer(run, { value: 'next Friday', by: ana })
  await world.ended(run)
  const day = new Date(`${await world.runs.result(run)}T12:00:00Z`)
  expect(day.getUTCDay()).toBe(5)
  expect(day.getTime()).toBeGreaterThan(Date.now())
})

it('F002 the next question builds on the last answer, and what was answered stands in the conversation', async () => {
  const run = await world.begin({
    steps: [
      { id: 'who', type: 'ask', question: 'For whom?', answer: { type: 'text' } },
      { id: 'howMany', type: 'ask', question: 'How many does ${who} need?', answer: { type: 'number' } },
    ],
  })
  await world.request(run, 'who')
  await world.runs.answer(run, { value: 'Fjord AS', by: ana })
  expect((await world.request(run, 'howMany')).question).toBe('How many does Fjord AS need?')
  await world.runs.answer(run, { value: '12k', by: ana })
  await world.ended(run)
  expect((await world.events(run, 'message')).map(({ role, text }) => [role, text])).toEqual([
    ['user', 'Fjord AS'],
    ['user', '12,000'],
  ])
  expect((await world.events(run, 'requestClosed')).map(({ outcome, by }) => [outcome, by.userId])).toEqual([
    ['answered', 'ana'],
    ['answered', 'ana'],
  ])
})

it('F007 options may be filled in from what is known, and must then be fit to be shown', async () => {
  const answer = {
    type: 'choice',
    strict: true,
    options: [{ value: '${input.id}', label: 'Plan ${input.name}' }],
  }
  const run = await world.begin(asking(answer), { input: { id: 'p1', name: 'Start' } })
  expect((await world.request(run)).answer).toMatchObject({ options: [{ value: 'p1', label: 'Plan Start' }] })
  await world.runs.answer(run, { value: 'plan start', by: ana })
  expect((await world.ended(run)).view.output).toBe('p1')
  const odd = await world.begin(asking(answer), { input: { id: 7, name: 'Start' } })
  expect((await world.ended(odd)).view.error).toMatchObject({
    code: 'ExpressionFailed',
    message: expect.stringContaining('options.0.value'),
  })
})

describe('an update', () => {
  it('F005 that does not fit is refused with the reason, costs no attempt and leaves no trace', async () => {
    const { run, request } = await ask({ type: 'number' }, { attempts: 1 })
    const refuse = async (value: string) =>
      expect(await refusal(world.runs.answer(run, { value, by: ana }))).toEqual({
        code: 'AnswerRefused',
        message: expect.stringContaining(value),
      })
    await refuse('soon')
    const before = (await world.history(run)).events?.length
    await refuse('later')
    expect((await world.history(run)).events?.length).toBe(before)
    expect(await world.request(run)).toEqual(request)
    await world.runs.answer(run, { requestId: request.requestId, value: 4, by: ana })
    expect((await world.ended(run)).status).toBe('completed')
    expect(await world.events(run, 'refused')).toEqual([])
  })

  it.each([
    ['without "by"', { value: 'x' }, /by/],
    ['with neither value nor files', { by: ana }, /"value" or "fileIds"/],
    ['with a request id that is none', { value: 'x', requestId: 'q', by: ana }, /requestId/],
    ['with files on a question for words', { fileIds: [randomUUID()], by: ana }, /asks for a value/],
  ])('%s is refused', async (_, payload, words) => {
    const { run } = await ask({ type: 'text' })
    expect((await refusal(world.runs.answer(run, payload as never))).message).toMatch(words)
    await world.runs.cancel(run)
    await world.ended(run)
  })

  it('for a request that is not open says so', async () => {
    const { run } = await ask({ type: 'text' })
    expect(
      await refusal(world.runs.answer(run, { requestId: randomUUID(), value: 'x', by: ana })),
    ).toMatchObject({ code: 'NotOpen' })
    expect(await refusal(world.runs.decide(run, { decision: 'approve', by: ana }))).toMatchObject({
      code: 'NotOpen',
    })
    await world.runs.answer(run, { value: 'x', by: ana })
    await world.ended(run)
  })

  it('of two at once one answers, and the other is told that nothing is open', async () => {
    for (let round = 0; round < 5; round++) {
      const { run } = await ask({ type: 'text' })
      const both = await Promise.allSettled(
        ['a', 'b'].map((value) => world.runs.answer(run, { value, by: ana })),
      )
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      const lost = both.find((one) => one.status === 'rejected')
      expect(await refusal(Promise.reject(lost?.reason))).toMatchObject({ code: 'NotOpen' })
      await world.ended(run)
      expect(await world.runs.result(run)).toBe(both[0]?.status === 'fulfilled' ? 'a' : 'b')
    }
  })

  it('sent twice under one id answers once, and both get the same', async () => {
    const { run, request } = await ask({ type: 'text' })
    const again = () => world.runs.answer(run, { value: 'x', by: ana }, { updateId: 'same' })
    expect(await Promise.all([again(), again()])).toEqual([
      { requestId: request.requestId },
      { requestId: request.requestId },
    ])
    await world.ended(run)
    expect(await world.events(run, 'requestClosed')).toHaveLength(1)
  })
})

describe('a signal', () => {
  it('F005 that does not fit is journaled, and the question is asked again with the reason under the same id', async () => {
    const { run, request } = await ask({ type: 'number', max: 10 })
    await world.signal(run, 'answer', { value: 'soon', by: boss })
    const again = await askedAgain(run)
    expect(again).toMatchObject({
      requestId: request.requestId,
      question: 'Well?',
      reason: expect.stringContaining('soon'),
    })
    await world.signal(run, 'answer', { value: 11, by: boss })
    expect((await askedAgain(run, again.reason)).reason).toContain('too large')
    await world.signal(run, 'answer', { value: 'ten', by: boss })
    await world.ended(run)
    expect(await world.runs.result(run)).toBe(10)
    expect(
      (await world.events(run, 'refused')).map(({ name, by, requestId, reason }) => [
        name,
        by?.userId,
        requestId,
        reason,
      ]),
    ).toEqual([
      ['answer', 'boss', undefined, again.reason],
      ['answer', 'boss', undefined, expect.stringContaining('too large')],
    ])
    expect((await world.events(run, 'requestOpened')).map(({ requestId }) => requestId)).toEqual(
      Array(3).fill(request.requestId),
    )
    const [row] = await world.db.select().from(requests).where(eq(requests.requestId, request.requestId))
    expect(row).toMatchObject({ outcome: 'answered', closedBy: { userId: 'boss' } })
  })

  it.each([
    ['is no object', 'hello'],
    ['is nothing', undefined],
    ['is null', null],
    ['has another shape', { answer: 'x' }],
    ['names nobody', { value: 'x', by: {} }],
    ['carries what no database can hold', { value: 1, by: { userId: 'a\u0000\ud800' } }],
  ])('whose payload %s is journaled, and the run goes on', async (_, payload) => {
    const { run } = await ask({ type: 'text' })
    await world.signal(run, 'answer', payload)
    await until('the refusal in the journal', async () => (await world.events(run, 'refused')).length === 1)
    await world.signal(run, 'answer', { value: 'fine', by: ana })
    expect((await world.ended(run)).view).toMatchObject({ status: 'completed', output: 'fine' })
  })

  it('of an encoding that Parley cannot read is journaled, and the run goes on', async () => {
    const { run } = await ask({ type: 'text' })
    const workflowId = `ws:${world.workspaceId}:run:${run}`
    await world.cli(
      'workflow',
      'signal',
      '--workflow-id',
      workflowId,
      '--name',
      'answer',
      '--input',
      '1',
      '--input-meta',
      'encoding=binary/strange',
    )
    await world.signal(run, 'answer', { value: 'fine', by: ana })
    expect((await world.ended(run)).view).toMatchObject({ status: 'completed', output: 'fine' })
    expect(await world.events(run, 'refused')).toHaveLength(1)
  })

  it('before any request is open is journaled as refused, and answers nothing later', async () => {
    const instanceUuid = randomUUID()
    await world.client.workflow.signalWithStart('run', {
      workflowId: `ws:${world.workspaceId}:run:${instanceUuid}`,
      taskQueue: 'parley',
      args: [
        {
          workspaceId: world.workspaceId,
          appId: world.appId,
          workflowId: await world.publish(asking({ type: 'text' })),
          instanceUuid,
          startedBy: ana,
        },
      ],
      signal: 'answer',
      signalArgs: [{ value: 'too early', by: ana }],
    })
    world.follow(instanceUuid)
    await world.request(instanceUuid)
    await world.runs.answer(instanceUuid, { value: 'in time', by: ana })
    expect((await world.ended(instanceUuid)).view.output).toBe('in time')
    expect(await world.events(instanceUuid, 'refused')).toEqual([
      expect.objectContaining({ name: 'answer', reason: expect.stringContaining('No answer is open') }),
    ])
  })

  it('sent twice answers once; the second is journaled as refused', async () => {
    const { run } = await ask({ type: 'text' })
    await Promise.all(['a', 'a'].map((value) => world.signal(run, 'answer', { value, by: ana })))
    await world.ended(run)
    const refused = await world.events(run, 'refused')
    // The second may come when the run is over already.
    expect(refused.length).toBeLessThanOrEqual(1)
    expect(await world.events(run, 'requestClosed')).toHaveLength(1)
  })

  it('of a name that Parley does not know changes nothing', async () => {
    const { run } = await ask({ type: 'text' })
    await world.signal(run, 'anwser', { value: 'x', by: ana })
    await world.runs.answer(run, { value: 'y', by: ana })
    expect((await world.ended(run)).view.output).toBe('y')
  })

  it('F005 attempts used up: the step fails with the last reason', async () => {
    const { run } = await ask({ type: 'number' }, { title: 'Head count', attempts: 2 })
    await world.signal(run, 'answer', { value: 'soon', by: ana })
    await askedAgain(run)
    await world.signal(run, 'answer', { value: 'later', by: ana })
    const { view } = await world.ended(run)
    expect(view).toMatchObject({
      status: 'failed',
      requests: [],
      error: {
        code: 'AttemptsUsedUp',
        message: expect.stringMatching(/Step “Head count” \(q\).*2 attempts.*later/),
      },
    })
    expect((await world.events(run, 'requestClosed')).map(({ outcome }) => outcome)).toEqual([
      'attemptsUsedUp',
    ])
  })

  it('F005 attempts used up: `onError` takes over, with the error at hand', async () => {
    const onError = { steps: [{ id: 'sorry', type: 'message', text: '${error.code}: ${error.message}' }] }
    const run = await world.begin({
      steps: [
        { id: 'q', type: 'ask', question: 'Well?', answer: { type: 'number' }, attempts: 1, onError },
        { id: 'done', type: 'end', output: '${q.orValue(0)}' },
      ],
    })
    await world.request(run)
    await world.signal(run, 'answer', { value: 'soon', by: ana })
    expect((await world.ended(run)).view).toMatchObject({ status: 'completed', output: 0 })
    expect((await world.events(run, 'message'))[0].text).toMatch(/^AttemptsUsedUp: .*soon/)
  })
})

describe('F006 a question for files', () => {
  const files = { type: 'file', accept: ['.txt', '.pdf', '.md', '.docx'], maxFiles: 2 }

  it('takes several, and gives them in the order they were named', async () => {
    const one = await world.upload('one.txt', 'one')
    const two = await world.upload('two.md', '# two')
    const { run } = await ask(files)
    await world.runs.answer(run, { fileIds: [two.fileId, one.fileId], by: ana })
    await world.ended(run)
    expect(await world.runs.result(run)).toEqual([two, one])
    expect(await world.events(run, 'message')).toEqual([
      expect.objectContaining({ role: 'user', text: 'two.md, one.txt', attachments: [two, one] }),
    ])
  })

  it.each([
    ['is locked', 'locked.pdf', () => fixture('locked.pdf'), /password|locked|protected/i],
    [
      'is not what its name says',
      'notes.pdf',
      () => Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
      /notes\.pdf/,
    ],
    ['is empty', 'empty.txt', () => '', /empty|no text/i],
    ['is cut off', 'cut.pdf', async () => (await fixture('two-columns.pdf')).subarray(0, 400), /cut\.pdf/],
    ['is of another type than asked for', 'notes.exe', () => 'MZ', /\.txt, \.pdf/],
  ])('stays open with the reason when a file %s', async (_, name, content, reason) => {
    const { run, request } = await ask(files)
    const bad = await world.upload(name, await content())
    await world.runs.answer(run, { fileIds: [bad.fileId], by: ana })
    const again = await askedAgain(run)
    expect(again).toMatchObject({ requestId: request.requestId, reason: expect.stringMatching(reason) })
    expect(await world.events(run, 'requestClosed')).toEqual([])
    const good = await world.upload('good.txt', 'words')
    await world.runs.answer(run, { requestId: request.requestId, fileIds: [good.fileId], by: ana })
    await world.ended(run)
    expect(await world.runs.result(run)).toEqual([good])
  })

  it('stays open when an id names no file, and when it names a file of another app', async () => {
    const { run } = await ask(files)
    const foreign = await world.upload('secret.txt', 'secret')
    const appId = randomUUID()
    await world.db.insert(apps).values({ appId, workspaceId: world.workspaceId, name: 'Other' })
    await world.db.update(fileRows).set({ appId }).where(eq(fileRows.fileId, foreign.fileId))
    let reason: string | undefined
    for (const fileId of [randomUUID(), foreign.fileId]) {
      await world.runs.answer(run, { fileIds: [fileId], by: ana })
      reason = (await askedAgain(run, reason)).reason
      expect(reason).toBe(`No file has the id ${fileId}. Upload it first.`)
    }
    await world.runs.cancel(run)
    await world.ended(run)
  })

  it.each([
    ['a value', { value: 'notes' }, /asks for a file/],
    ['no file', { fileIds: [] }, /asks for a file/],
    ['too many files', { fileIds: [randomUUID(), randomUUID(), randomUUID()] }, /At most 2 files/],
  ])('refuses an update with %s', async (_, given, words) => {
    const { run } = await ask(files)
    expect(await refusal(world.runs.answer(run, { ...given, by: ana }))).toMatchObject({
      code: 'AnswerRefused',
      message: expect.stringMatching(words),
    })
    await world.runs.cancel(run)
    await world.ended(run)
  })

  it('counts an unreadable file as an attempt, and closes what it left open', async () => {
    const run = await world.begin({
      steps: [{ id: 'q', type: 'ask', question: 'Well?', answer: files, attempts: 1, onError: 'continue' }],
    })
    await world.request(run)
    await world.runs.answer(run, { fileIds: [randomUUID()], by: ana })
    expect((await world.ended(run)).view).toMatchObject({ status: 'completed', requests: [] })
    expect((await world.events(run, 'stepFailed'))[0].error.code).toBe('AttemptsUsedUp')
    expect((await world.events(run, 'requestClosed')).map(({ outcome }) => outcome)).toEqual([
      'attemptsUsedUp',
    ])
  })

  it('stands for the text in it in a later prompt', async () => {
    world.models.will('Summary.')
    const run = await world.begin({
      steps: [
        { id: 'notes', type: 'ask', question: 'Notes?', answer: files },
        { id: 'sum', type: 'draft', format: 'text', prompt: 'Sum up:\n${notes}' },
      ],
    })
    await world.request(run)
    const file = await world.upload('call.txt', 'They want 40 licences.')
    await world.runs.answer(run, { fileIds: [file.fileId], by: ana })
    await world.ended(run)
    expect(world.models.requests.at(-1)?.user).toBe(
      'Sum up:\n<file name="call.txt">\nThey want 40 licences.\n</file>',
    )
  })
})
