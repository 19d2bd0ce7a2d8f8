import { randomUUID } from 'node:crypto'
import { WorkflowFailedError } from '@temporalio/client'
import { CancelledFailure } from '@temporalio/common'
import { eq } from 'drizzle-orm'
import { listen } from '../../storage/live/notify.ts'
import type { LiveSignal } from '../../storage/live/signal.ts'
import { calls, outcomes, requests } from '../../storage/sql/schema.ts'
import { hang } from '../harness/scripted-models.ts'
import { until } from '../harness/until.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

let world: World
/** Held closed by a test: mails wait before they are sent. */
let mailGate: { arrived: () => void; open: Promise<void> } | undefined

beforeAll(async () => {
  world = await createWorld((deps) => ({
    ...deps,
    mailer: {
      repeatable: true,
      send: async (mail, attempt) => {
        mailGate?.arrived()
        await mailGate?.open
        await deps.mailer.send(mail, attempt)
      },
    },
  }))
})
afterEach(() => world.replay())
afterAll(() => world.close())

const drafting = {
  steps: [
    { id: 'd', type: 'draft', format: 'text', prompt: 'Write.' },
    { id: 'after', type: 'message', text: 'after' },
    { id: 'done', type: 'end', output: '${d}' },
  ],
}
const asking = {
  steps: [
    { id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } },
    { id: 'after', type: 'message', text: 'after' },
  ],
}

async function expectCancelled(run: string) {
  const { view } = await world.ended(run)
  expect(view).toMatchObject({
    status: 'cancelled',
    requests: [],
    currentStep: null,
    error: null,
    output: null,
  })
  expect(view.percent).toBeLessThan(100)
  expect((await world.events(run, 'instanceFinished')).map(({ status }) => status)).toEqual(['cancelled'])
  const failure = await world.runs.result(run).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(WorkflowFailedError)
  expect((failure as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure)
}

it('while it waits for a person: the request closes with it', async () => {
  const run = await world.begin(asking)
  const { requestId } = await world.request(run)
  await world.runs.cancel(run)
  await expectCancelled(run)
  const [row] = await world.db.select().from(requests).where(eq(requests.requestId, requestId))
  expect(row).toMatchObject({ outcome: 'cancelled', closedAt: expect.any(Date) })
  expect(await world.events(run, 'message')).toEqual([])
  await expect(world.runs.answer(run, { value: 'x', by: ana })).rejects.toThrow(/not found|completed/)
})

it('during a model call: the call is aborted within a second, nothing of it is stored, no later step runs', async () => {
  let abortedAt = 0
  world.models.will((request, call) => {
    call.signal.addEventListener('abort', () => {
      abortedAt = Date.now()
    })
    return hang('Half an ans')(request, call)
  })
  const heard: LiveSignal[] = []
  const { options } = world.db.$client as unknown as { options: { connectionString: string } }
  const listener = await listen(
    options.connectionString,
    (signal) => heard.push(signal),
    () => {},
  )
  const asked = world.models.requests.length
  const run = await world.begin(drafting)
  await until('half an answer', () => heard.some((signal) => signal.t === 'delta'))
  const cancelledAt = Date.now()
  await world.runs.cancel(run)
  await expectCancelled(run)
  expect(abortedAt - cancelledAt).toBeLessThan(1_000)
  expect(world.models.requests).toHaveLength(asked + 1)
  for (const table of [calls, outcomes])
    expect(await world.db.select().from(table).where(eq(table.instanceUuid, run))).toEqual([])
  expect(JSON.stringify(await world.journal(run))).not.toContain('Half an ans')
  expect((await world.events(run, 'stepStarted')).map(({ path }) => path)).toEqual(['d'])
  // Who read along is told that it is void.
  await until(
    'the reset',
    () => heard.findLast((signal) => signal.t === 'delta' || signal.t === 'reset')?.t === 'reset',
  )
  await listener.close()
})

it('what breaks while it is stopped does not make it a failure', async () => {
  let letGo = (_: never) => {}
  world.models.will(() => new Promise((resolve) => (letGo = resolve)))
  const run = await world.begin({
    steps: [
      { ...drafting.steps[0], onError: { steps: [{ id: 'sorry', type: 'message', text: 'Sorry' }] } },
      { id: 'after', type: 'message', text: 'after' },
    ],
  })
  const activity = await until('the model call', async () => {
    const { raw } = await world.handle(run).describe()
    return raw.pendingActivities?.[0]
  })
  await world.runs.cancel(run)
  // As it is when its worker is gone, too: the activity ends, and not by the cancel.
  const at = [
    '--workflow-id',
    `ws:${world.workspaceId}:run:${run}`,
    '--activity-id',
    `${activity.activityId}`,
  ]
  await world.cli('activity', 'fail', ...at, '--reason', 'gone')
  await expectCancelled(run)
  expect(await world.events(run, 'message')).toEqual([])
  letGo('late' as never)
})

it('right before the end: what is done stays done', async () => {
  let open = () => {}
  const arrived = new Promise<void>((resolve) => {
    mailGate = { arrived: resolve, open: new Promise((go) => (open = go)) }
  })
  const run = await world.begin({
    steps: [
      { id: 'f', type: 'document', format: 'md', name: 'x', content: 'x' },
      { id: 'out', type: 'deliver', files: '${f}', to: [{ email: 'a@x.example', subject: 's', body: 'b' }] },
      { id: 'done', type: 'end', output: '${f.name}' },
    ],
  })
  await arrived
  await world.runs.cancel(run)
  open()
  mailGate = undefined
  expect((await world.ended(run)).view).toMatchObject({ status: 'completed', output: 'x.md' })
})

it('before its first task: people are told all the same', async () => {
  const instanceUuid = randomUUID()
  const workflowId = await world.publish({ steps: [{ id: 'hi', type: 'message', text: 'Hi.' }] })
  // Nobody works on this queue until the cancel is in history.
  const handle = await world.client.workflow.start('run', {
    workflowId: `ws:${world.workspaceId}:run:${instanceUuid}`,
    taskQueue: 'parley',
    startDelay: '1 second',
    args: [{ workspaceId: world.workspaceId, appId: world.appId, workflowId, instanceUuid, startedBy: ana }],
  })
  await handle.cancel()
  world.follow(instanceUuid)
  await expectCancelled(instanceUuid)
  expect(await world.events(instanceUuid, 'message')).toEqual([])
})

it('too late for a mail, but in time for what comes after it', async () => {
  let open = () => {}
  const arrived = new Promise<void>((resolve) => {
    mailGate = { arrived: resolve, open: new Promise((go) => (open = go)) }
  })
  const run = await world.begin({
    steps: [
      { id: 'f', type: 'document', format: 'md', name: 'x', content: 'x' },
      { id: 'out', type: 'deliver', files: '${f}', to: [{ email: 'a@x.example', subject: 's', body: 'b' }] },
      { id: 'after', type: 'message', text: 'after' },
    ],
  })
  await arrived
  await world.runs.cancel(run)
  open()
  mailGate = undefined
  const { view } = await world.ended(run)
  expect(view.status).toBe('cancelled')
  expect(await world.events(run, 'message')).toEqual([])
})

it('right at the end either completes or cancels, and says the same everywhere', async () => {
  for (let round = 0; round < 8; round++) {
    const run = await world.begin(asking)
    await world.request(run)
    const answering = world.runs.answer(run, { value: 'x', by: ana }).catch(() => {})
    if (round % 2) await answering
    await world.runs.cancel(run).catch(() => {})
    const { status, view } = await world.ended(run)
    expect(['completed', 'cancelled']).toContain(status)
    expect(view.percent === 100).toBe(status === 'completed')
    const closed = await until('the workflow to close', async () => {
      const { status: shown } = await world.handle(run).describe()
      return shown.name !== 'RUNNING' && shown.name
    })
    expect(closed).toBe(status.toUpperCase())
    const { typedSearchAttributes } = await world.handle(run).describe()
    expect(JSON.stringify(typedSearchAttributes.getAll())).toContain(`"${status}"`)
    expect((await world.events(run, 'instanceFinished')).map((one) => one.status)).toEqual([status])
  }
})

it('by Temporal’s own means: `temporal workflow cancel` is the same; a run that has ended stays as it is', async () => {
  const workflowId = (run: string) => `ws:${world.workspaceId}:run:${run}`
  const run = await world.begin(asking)
  await world.request(run)
  await world.cli('workflow', 'cancel', '--workflow-id', workflowId(run))
  await expectCancelled(run)
  const done = await world.begin({ steps: [{ id: 'hi', type: 'message', text: 'Hi.' }] })
  await world.ended(done)
  await world.runs.result(done)
  await world.runs.cancel(done).catch(() => {})
  expect((await world.ended(done)).status).toBe('completed')
})
