import type { temporal } from '@temporalio/proto'
import { fail } from '../../shared/temporal/failure.ts'
import { refusal } from '../harness/refusal.ts'
import { until } from '../harness/until.ts'
import { ana, boss, createWorld, type World } from '../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const canary = 'XYZZY-canary'

const full = {
  name: 'Offer',
  steps: [
    { id: 'topic', type: 'ask', title: 'Topic', question: `${canary} what about?`, answer: { type: 'text' } },
    {
      id: 'text',
      type: 'draft',
      title: 'Write ${topic}',
      format: 'text',
      prompt: `${canary} write on \${topic}`,
      retry: { attempts: 2, backoff: 'PT1S' },
    },
    { id: 'checked', type: 'review', of: '${text}', criteria: ['compliance'] },
    {
      id: 'ok',
      type: 'approval',
      title: `Good, \${topic}?`,
      artifact: { text: '${text}' },
      approvers: { role: 'approver' },
    },
    { id: 'file', type: 'document', format: 'md', name: '${topic}', content: '${text}' },
    { id: 'out', type: 'deliver', files: '${file}', to: ['library'] },
    { id: 'tell', type: 'notify', to: { users: ['ana'] }, text: '${topic}', by: ['inbox'] },
  ],
}

/** A run that goes all the way, with the canary wherever a person writes. */
async function wholeRun(): Promise<string> {
  world.models.will(`${canary} text`, { findings: [] })
  const run = await world.begin(full, { summary: 'Run of Offer v1', details: 'From a test' })
  await world.request(run, 'topic')
  await world.runs.answer(run, { value: `${canary} topic`, by: ana })
  await world.request(run, 'ok')
  return run
}

/** What the Temporal UI shows of a run: its own query, as the UI sends it. */
const currentDetails = async (run: string) => {
  const metadata = await world.handle(run).query<{ currentDetails?: string }>('__temporal_workflow_metadata')
  return metadata.currentDetails ?? ''
}

const attributesOf = async (run: string) =>
  Object.fromEntries(
    (await world.handle(run).describe()).typedSearchAttributes
      .getAll()
      .map(({ key, value }) => [key.name, value]),
  )

const summaryOf = (event: temporal.api.history.v1.IHistoryEvent) => {
  const data = event.userMetadata?.summary?.data
  return data ? JSON.parse(new TextDecoder().decode(data)) : undefined
}

it('F013 says where a run stands and for whom it waits: details, search attributes, queries', async () => {
  const run = await wholeRun()
  await until(
    'the run to say that it waits',
    async () => (await attributesOf(run)).ParleyStatus === 'waiting',
  )
  const { percent } = await world.runs.progress(run)
  expect(percent).toBeGreaterThan(0)
  expect(await currentDetails(run)).toBe(
    `**waiting**, ${percent} %\n\nStep \`ok\` at \`ok\`\n\nWaits for an approval at \`ok\` by role approver`,
  )
  expect(await world.runs.progress(run)).toEqual({
    percent,
    status: 'waiting',
    stepId: 'ok',
    stepTitle: 'Wait for an approval',
    waitingFor: 'an approval at `ok` by role approver',
  })
  const state = await world.runs.state(run)
  expect(state.instances).toEqual([{ instanceUuid: run, status: 'waiting', percent }])
  expect(state.requests).toMatchObject([{ kind: 'approval', stepId: 'ok' }])
  const attributes = await attributesOf(run)
  expect(attributes).toMatchObject({
    ParleyWorkspace: world.workspaceId,
    ParleyApp: world.appId,
    ParleyVersion: 1,
    ParleyChannel: 'api',
    ParleyStatus: 'waiting',
  })
  expect(Date.now() - (attributes.ParleyWaitingSince as Date).getTime()).toBeLessThan(60_000)
  const found = await world.client.workflow.count(`ParleyStatus = 'waiting' AND ParleyApp = '${world.appId}'`)
  expect(found.count).toBeGreaterThan(0)

  await world.runs.decide(run, { decision: 'approve', comment: `${canary} fine`, by: boss })
  await world.ended(run)
  await world.runs.result(run)
  const after = await attributesOf(run)
  expect(after).toMatchObject({ ParleyStatus: 'completed' })
  expect(after.ParleyWaitingSince).toBeUndefined()
  expect(await world.runs.progress(run)).toMatchObject({
    percent: 100,
    status: 'completed',
    stepId: null,
    waitingFor: null,
  })
})

it('every activity says what it is, a run has a summary, and no word that a person wrote stands where a codec does not reach', async () => {
  const run = await wholeRun()
  await world.runs.decide(run, { decision: 'approve', comment: `${canary} fine`, by: boss })
  await world.ended(run)
  await world.runs.result(run)
  const { events } = await world.history(run)
  expect(summaryOf(events![0]!)).toBe('Run of Offer v1')
  const activities = events!.filter((event) => event.activityTaskScheduledEventAttributes)
  expect(activities.map(summaryOf)).toEqual([
    'write journal',
    'draft text',
    'review checked',
    'write journal',
    'document file',
    'deliver out',
    'notify tell',
  ])
  expect(visible(events!)).not.toContain(canary)
  expect(await currentDetails(run)).not.toContain(canary)
  expect(JSON.stringify(await attributesOf(run))).not.toContain(canary)
})

it('a timer says what it is for', async () => {
  const run = await world.begin({
    steps: [{ id: 'q', type: 'ask', question: canary, answer: { type: 'text' }, timeout: 'PT1H' }],
  })
  await world.request(run)
  await world.runs.answer(run, { value: 'x', by: ana })
  await world.ended(run)
  await world.runs.result(run)
  const { events } = await world.history(run)
  const timers = events!.filter((event) => event.timerStartedEventAttributes)
  expect(timers.map(summaryOf)).toEqual(['timeout of q'])
  expect(events!.some((event) => event.timerCanceledEventAttributes)).toBe(true)
})

it('no word that a person wrote stands in the failure of an activity', async () => {
  const faults = [
    () => Promise.reject(new Error(`could not insert ${canary}`)),
    () => Promise.reject(fail('ProviderRefused', 'The model answered 400: no.')),
  ]
  world.models.will(...faults)
  const run = await world.begin({ steps: full.steps.slice(0, 2) })
  await world.request(run, 'topic')
  await world.runs.answer(run, { value: `${canary} topic`, by: ana })
  const { view } = await world.ended(run)
  expect(view.error).toMatchObject({
    code: 'ProviderRefused',
    message: 'Step “Draft” (text): The model answered 400: no.',
  })
  expect(await refusal(world.runs.result(run))).toMatchObject({ code: 'ProviderRefused' })
  expect(visible((await world.history(run)).events!)).not.toContain(canary)
})

it('costs at most 12 events of history for each step with an activity, everything around it included', async () => {
  const run = await wholeRun()
  await world.runs.decide(run, { decision: 'approve', by: boss })
  await world.ended(run)
  await world.runs.result(run)
  const { events } = await world.history(run)
  // Seven steps, of which two wait for people.
  expect(events!.length).toBeLessThanOrEqual(7 * 12)
  const plain = await world.begin({
    steps: full.steps.slice(4, 5).map((step) => ({ ...step, name: 'x', content: 'x' })),
  })
  await world.ended(plain)
  await world.runs.result(plain)
  const bare = await world.begin({ steps: [{ id: 'hi', type: 'message', text: 'Hi.' }] })
  await world.ended(bare)
  await world.runs.result(bare)
  const lengthOf = async (one: string) => (await world.history(one)).events!.length
  expect((await lengthOf(plain)) - (await lengthOf(bare))).toBeLessThanOrEqual(6)
})

/** A history without its payloads, which a codec encrypts: what anybody at the Temporal server can read. */
function visible(events: temporal.api.history.v1.IHistoryEvent[]): string {
  return JSON.stringify(events, (key, value) =>
    key === 'payloads' ||
    (key !== 'summary' &&
      value !== null &&
      typeof value === 'object' &&
      'data' in value &&
      'metadata' in value)
      ? undefined
      : value instanceof Uint8Array
        ? new TextDecoder().decode(value)
        : value,
  )
}
