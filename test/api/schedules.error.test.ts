import { randomUUID } from 'node:crypto'
import { startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
let workflowId: string
beforeAll(async () => {
  api = await startApi()
  workflowId = await api.publish({
    name: 'Digest',
    input: { type: 'object', properties: { topic: { type: 'string' } }, required: ['topic'] },
    steps: [{ id: 'done', type: 'end' }],
  })
})
afterAll(() => api.close())

const body = (over: object) => ({ name: 'Weekly', input: { topic: 'x' }, ...over })
const create = (over: object, id = workflowId) =>
  api.as('admin').post(`A/workflows/${id}/schedules`, body(over))

test.each([
  ['no time at all', {}, 'just one of "cron", "every" and "calendar"'],
  ['two kinds of times', { cron: '0 8 * * *', every: 'PT1H' }, 'just one of'],
  ['six fields', { cron: '0 0 8 * * *' }, 'has 5 fields'],
  ['no field', { cron: ' ' }, 'this one has 0'],
  ['an hour that is none', { cron: '0 24 * * *' }, '“24” is no hour: expected *, a number from 0 to 23'],
  ['a word that is no day', { cron: '0 8 * * montag' }, '“montag” is no day of the week'],
  ['a range that runs backwards', { cron: '0 17-9 * * *' }, '“17-9” is no hour'],
  ['a step of nothing', { cron: '*/0 * * * *' }, '“*/0” is no minute'],
  ['a step from one number', { cron: '5/15 * * * *' }, '“5/15” is no minute'],
  ['a macro', { cron: '@daily' }, 'has 5 fields'],
  ['an empty list item', { cron: '1,,2 * * * *' }, '“” is no minute'],
  ['the 31st of February', { cron: '0 8 31 feb *' }, 'it never comes'],
  [
    'the 30th of February in a calendar',
    { calendar: { at: ['08:00'], days: [30], months: [2] } },
    'never comes',
  ],
  ['no time of the day', { calendar: { at: [] } }, 'calendar.at'],
  ['a time that is none', { calendar: { at: ['24:00'] } }, 'a time of the day such as 08:30'],
  ['a duration in words', { every: '1 hour' }, 'ISO 8601'],
  ['less than a minute', { every: 'PT59S' }, 'from PT1M'],
  ['more than a year', { every: 'P400D' }, 'to P366D'],
  ['a zone that is none', { every: 'PT1H', timeZone: 'Oslo' }, 'IANA name'],
  ['an overlap that is none', { every: 'PT1H', overlap: 'terminateOther' }, 'overlap'],
  ['an empty name', { every: 'PT1H', name: ' ' }, 'a schedule needs a name'],
  ['an unknown field', { every: 'PT1H', jitter: 'PT1M' }, 'jitter'],
  [
    'an input that does not fit',
    { every: 'PT1H', input: { topic: 7 } },
    'input.topic: must be text, but a number came',
  ],
  ['no input where one is needed', { every: 'PT1H', input: undefined }, 'input.topic: is needed'],
  ['a file that nobody has', { every: 'PT1H', input: { fileId: randomUUID() } }, 'no file has the id'],
])('F125 %s is a 422 that says what is wrong', async (_, over, expected) => {
  const answer = await create(over)
  expect(answer.status).toBe(422)
  expect(JSON.stringify([answer.body.detail, answer.body.errors]).replaceAll('\\"', '"')).toContain(expected)
  expect((await api.as('admin').get(`A/workflows/${workflowId}/schedules`)).body.items).toEqual([])
})

test('F125 a workflow without a published version, or of the other type, is a 409', async () => {
  const admin = api.as('admin')
  const draft = await admin.post('A/workflows', { name: 'Draft', type: 'output_focused' })
  expect(await create({ every: 'PT1H' }, draft.body.workflowId)).toMatchObject({
    status: 409,
    body: { code: 'Conflict', detail: expect.stringContaining('publish it first') },
  })
  const chat = await admin.post('A/workflows', { name: 'Chat', type: 'chat_driven' })
  expect(await create({ every: 'PT1H' }, chat.body.workflowId)).toMatchObject({
    status: 409,
    body: { code: 'WrongWorkflowType' },
  })
})

test('F125 what is unknown, deleted or of another workflow is a 404', async () => {
  const { body: made } = await create({ every: 'PT1H' })
  const other = await api.publish({ steps: [{ id: 'done', type: 'end' }] })
  const admin = api.as('admin')
  for (const at of [
    `A/workflows/${other}/schedules/${made.scheduleId}`,
    `A/workflows/${workflowId}/schedules/${randomUUID()}`,
    `A/workflows/${randomUUID()}/schedules/${made.scheduleId}`,
  ]) {
    expect((await admin.get(at)).status).toBe(404)
    expect((await admin.put(at, body({ every: 'PT1H' }))).status).toBe(404)
    expect((await admin.delete(at)).status).toBe(404)
    for (const act of ['pause', 'resume', 'run']) expect((await admin.post(`${at}/${act}`)).status).toBe(404)
  }
  expect((await create({ every: 'PT1H' }, randomUUID())).status).toBe(404)
  expect((await admin.get(`A/workflows/${randomUUID()}/schedules`)).status).toBe(404)
  await admin.delete(`A/workflows/${workflowId}/schedules/${made.scheduleId}`)
})

test('F125 a builder reads schedules and changes none', async () => {
  const { body: made } = await create({ every: 'PT1H' })
  const at = `A/workflows/${workflowId}/schedules/${made.scheduleId}`
  const builder = api.as('builder')
  expect((await builder.get(at)).status).toBe(200)
  expect((await builder.put(at, body({ every: 'PT1H' }))).status).toBe(403)
  expect((await builder.post(`${at}/run`)).status).toBe(403)
  expect((await builder.delete(at)).status).toBe(403)
  expect((await api.as('member').get(at)).status).toBe(403)
})
