import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { addFiring } from '../../storage/sql/schedules.ts'
import * as table from '../../storage/sql/schema.ts'
import { scriptRun, startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const artifact = { text: 'x', sha256: 'x' }
const place = () => ({ workspaceId: api.workspaceId, appId: api.appId })

test('F012: notices are for one person, newest first, and are read once', async () => {
  for (let n = 0; n < 3; n++)
    await api.db.insert(table.notices).values({
      ...place(),
      id: randomUUID(),
      userId: 'member',
      key: `k${n}`,
      kind: 'runCompleted',
      text: `n${n}`,
      createdAt: new Date(1_700_000_000_000 + n),
    })
  const first = await api.as('member').get('R/inbox?limit=2')
  expect(first.body.items).toMatchObject([{ text: 'n2', readAt: null }, { text: 'n1' }])
  expect((await api.as('member').get(`R/inbox?cursor=${first.body.nextCursor}`)).body).toMatchObject({
    items: [{ text: 'n0' }],
    nextCursor: null,
  })
  const { id } = first.body.items[0]
  expect((await api.as('other').post(`R/inbox/${id}/read`)).status).toBe(404)
  expect((await api.as('admin').get('R/inbox')).body.items).toEqual([])
  const read = await api.as('member').post(`R/inbox/${id}/read`)
  expect(read).toMatchObject({ status: 200, body: { id, readAt: expect.any(String) } })
  expect((await api.as('member').post(`R/inbox/${id}/read`)).body).toEqual(read.body)
})

test('F023: approvals lists what the caller may decide, the oldest first', async () => {
  const run = await scriptRun(api, 'member')
  const byRole = await run.ask({
    kind: 'approval',
    question: 'By role',
    approvers: { role: 'approver' },
    artifact,
  })
  const byName = await run.ask({
    kind: 'approval',
    question: 'By name',
    approvers: { users: ['other'] },
    artifact,
  })
  const open = await run.ask({ kind: 'approval', question: 'For who runs it', artifact })
  await run.ask({ kind: 'answer', answer: { type: 'text' } })
  const of = async (who: 'approver' | 'other' | 'member' | 'admin') =>
    (await api.as(who).get('R/approvals')).body.items.map(({ requestId }: { requestId: string }) => requestId)
  expect(await of('approver')).toEqual([byRole])
  expect(await of('other')).toEqual([byName])
  expect(await of('member')).toEqual([open])
  expect(await of('admin')).toEqual([])
  expect((await api.as('approver').get('R/approvals')).body.items[0]).toMatchObject({
    instanceUuid: run.ref.instanceUuid,
    workflowName: 'Scripted',
    startedBy: { userId: 'member' },
    artifact: { text: 'x' },
    question: 'By role',
  })
  await run.tell({ event: 'requestClosed', requestId: byRole, kind: 'approval', outcome: 'approved' })
  expect(await of('approver')).toEqual([])
})

test('F012: who approves alone what they run is told of it only where a schedule started it', async () => {
  const approve = { kind: 'approval' as const, question: 'Good?', approvers: { users: ['member'] }, artifact }
  const noticesOf = async ({ ref }: Awaited<ReturnType<typeof scriptRun>>) =>
    (await api.as('member').get('R/inbox?limit=100')).body.items.filter(
      (one: { instanceUuid: string }) => one.instanceUuid === ref.instanceUuid,
    )
  const watched = await scriptRun(api, 'member')
  await watched.ask(approve)
  expect(await noticesOf(watched)).toEqual([])
  const fired = await scriptRun(api, 'member')
  const workflowId = await api.publish({ steps: [{ id: 'end', type: 'end' }] })
  const { body: schedule } = await api
    .as('admin')
    .post(`A/workflows/${workflowId}/schedules`, { name: 'Weekly', every: 'P7D' })
  await addFiring(api.db, {
    ...place(),
    instanceUuid: fired.ref.instanceUuid,
    scheduleId: schedule.scheduleId,
  })
  const requestId = await fired.ask(approve)
  expect(await noticesOf(fired)).toMatchObject([{ kind: 'approvalRequested', readAt: null }])
  await fired.tell({ event: 'requestClosed', requestId, kind: 'approval', outcome: 'approved' })
  expect(await noticesOf(fired)).toMatchObject([{ readAt: expect.any(String) }])
})

test('F015 what takes longer than a minute is announced in the Inbox, and leads to its asset in the Library', async () => {
  const noticesOf = async (instanceUuid: string) =>
    (await api.as('member').get('R/inbox?limit=100')).body.items.filter(
      (one: { instanceUuid: string }) => one.instanceUuid === instanceUuid,
    )
  const took = async (seconds: number, isDelivered = true) => {
    const began = Date.parse('2026-11-02T09:00:00Z')
    const run = await scriptRun(api, 'member', {}, new Date(began))
    const { instanceUuid } = run.ref
    const name = 'Video.mp4'
    const { fileId } = (await api.as('member').upload(name, 'frames')).body
    if (isDelivered)
      await api.db
        .update(table.files)
        .set({ instanceUuid, libraryAt: new Date() })
        .where(eq(table.files.fileId, fileId))
    const at = new Date(began + seconds * 1_000).toISOString()
    await run.tell({ event: 'instanceFinished', status: 'completed', output: null, at })
    return { notices: await noticesOf(instanceUuid), fileId, instanceUuid }
  }
  expect((await took(59)).notices).toEqual([])
  const long = await took(61)
  expect(long.notices).toMatchObject([
    {
      kind: 'runCompleted',
      text: '“Scripted” is done. “Video.mp4” is in the Library.',
      fileId: long.fileId,
      href: `/library/${long.fileId}`,
      readAt: null,
    },
  ])
  expect((await api.as('member').get(`R/library/${long.notices[0].fileId}`)).body).toMatchObject({
    fileId: long.fileId,
    name: 'Video.mp4',
    instanceUuid: long.instanceUuid,
  })
  const textOnly = await took(61, false)
  expect(textOnly.notices).toMatchObject([{ fileId: null, href: `/runs/${textOnly.instanceUuid}` }])
  // The workspace may say otherwise.
  const { body: settings } = await api.as('admin').get('A/settings')
  expect((await api.as('admin').put('A/settings', { ...settings, noticeAfter: 'PT5M' })).status).toBe(200)
  expect([(await took(299)).notices.length, (await took(301)).notices.length]).toEqual([0, 1])
  await api.as('admin').put('A/settings', settings)
})

test('the mailbox shows mails of own runs, to admins all', async () => {
  const run = await scriptRun(api, 'member')
  const mail = { ...place(), from: 'a@x', to: ['b@x'], subject: 'S', text: 'T', attachments: [] }
  await api.db
    .insert(table.mails)
    .values({ ...mail, mailId: randomUUID(), instanceUuid: run.ref.instanceUuid })
  await api.db.insert(table.mails).values({ ...mail, mailId: randomUUID() })
  expect((await api.as('member').get('R/mailbox')).body.items).toMatchObject([
    { subject: 'S', to: ['b@x'], instanceUuid: run.ref.instanceUuid },
  ])
  expect((await api.as('other').get('R/mailbox')).body.items).toEqual([])
  expect((await api.as('admin').get('R/mailbox')).body.items).toHaveLength(2)
})
