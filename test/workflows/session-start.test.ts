import { randomUUID } from 'node:crypto'
import { Context } from '@temporalio/activity'
import { WithStartWorkflowOperation } from '@temporalio/client'
import { asc, eq } from 'drizzle-orm'
import type { Deps } from '../../activities/deps.ts'
import { sessionWorkflowId, taskQueue } from '../../shared/temporal/names.ts'
import { instances, journal, sessions } from '../../storage/sql/schema.ts'
import { cancelTurn, message } from '../../workflows/messages.ts'
import { until } from '../harness/until.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

/** What becomes of the next transaction of an activity, before it begins or after it was committed. */
let before: (() => Promise<void>) | undefined
let after: (() => Promise<void>) | undefined

/** The database in the worker's hands, with a gate in front of its transactions. */
const gated = (db: Deps['db']): Deps['db'] =>
  Object.assign(Object.create(db) as Deps['db'], {
    transaction: async (...given: Parameters<Deps['db']['transaction']>) => {
      const [atFirst, atLast] = [before, after]
      before = undefined
      after = undefined
      await atFirst?.()
      const result = await db.transaction(...given)
      await atLast?.()
      return result
    },
  })

/** Holds the next transaction of an activity until it is let through, or until the activity is cancelled. */
function holdNext() {
  const come = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  before = () => {
    come.resolve()
    return Promise.race([gate.promise, Context.current().cancelled])
  }
  return { come: come.promise, open: gate.resolve }
}

const broken = () => Promise.reject(new Error('the connection was lost'))

let world: World
beforeAll(async () => {
  world = await createWorld((deps) => ({ ...deps, db: gated(deps.db) }))
})
afterEach(() => world.replay())
afterAll(() => world.close())

const draft = { id: 'thought', type: 'draft', format: 'text', prompt: '${userMessage}' }
const say = { id: 'say', type: 'message', text: 'Done.' }
const end = { id: 'end', type: 'end' }

async function talk(steps: object[], more: object = {}) {
  const workflowId = await world.publish({ name: 'Test', type: 'chat_driven', steps, ...more })
  const chatSessionId = randomUUID()
  const temporalId = sessionWorkflowId(world.workspaceId, chatSessionId)
  const input = {
    workspaceId: world.workspaceId,
    appId: world.appId,
    workflowId,
    chatSessionId,
    startedBy: ana,
  }
  world.followJob(temporalId)
  const handle = world.client.workflow.getHandle(temporalId)
  return {
    handle,
    say: (userMessage: string) =>
      world.client.workflow.executeUpdateWithStart(message.update, {
        startWorkflowOperation: new WithStartWorkflowOperation('conversation', {
          workflowId: temporalId,
          taskQueue,
          args: [input],
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
        args: [{ messageId: randomUUID(), userMessage, by: ana }],
      }),
    ended: (instanceUuid: string) =>
      until(`turn ${instanceUuid}`, async () => {
        const [row] = await world.db.select().from(instances).where(eq(instances.instanceUuid, instanceUuid))
        return row?.finishedAt ? row.status : undefined
      }),
    events: async () =>
      (
        await world.db
          .select({ event: journal.event })
          .from(journal)
          .where(eq(journal.streamId, chatSessionId))
          .orderBy(asc(journal.seq))
      ).map(({ event }) => event),
    view: async () => {
      const [row] = await world.db.select().from(sessions).where(eq(sessions.chatSessionId, chatSessionId))
      return row?.view
    },
    /** What its workers were asked to do, in order. */
    asked: async () =>
      ((await handle.fetchHistory()).events ?? []).flatMap(
        ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name ?? [],
      ),
  }
}

const opening = ['sessionStarted', 'instanceStarted', 'turnOpened', 'message']
const times = (all: string[], event: string) => all.filter((one) => one === event).length

it.each([
  ['an activity', [draft, say, end], ['generateText', 'writeEntries']],
  ['no activity', [say, end], ['writeEntries']],
  [
    'lines side by side',
    [
      {
        id: 'both',
        type: 'parallel',
        arms: [
          { name: 'One', steps: [draft] },
          { name: 'Other', steps: [{ ...draft, id: 'other' }] },
        ],
      },
      end,
    ],
    ['generateText', 'generateText', 'writeEntries'],
  ],
])('the start of a session is told first, with the first write of its turn: %s', async (_, steps, asked) => {
  world.models.will(...asked.filter((one) => one === 'generateText').map(() => 'A thought.'))
  const chat = await talk(steps, { variables: { mood: 'good' } })
  const { instanceUuid } = await chat.say('Hello')
  expect(await chat.ended(instanceUuid)).toBe('completed')
  const events = await chat.events()
  expect(events[0]).toBe('sessionStarted')
  expect(events.filter((event) => opening.includes(event)).slice(0, 4)).toEqual(opening)
  expect(times(events, 'sessionStarted')).toBe(1)
  expect(await chat.view()).toMatchObject({ status: 'open', variables: { mood: 'good' } })
  await until('all of it to be told', async () => (await chat.asked()).length === asked.length)
  expect(await chat.asked()).toEqual(asked)
})

it('it is told before the question with which a first turn begins', async () => {
  const chat = await talk([{ id: 'name', type: 'ask', question: 'Who?', answer: { type: 'text' } }, end])
  const { instanceUuid } = await chat.say('Hello')
  await world.request(instanceUuid)
  expect(await chat.events()).toEqual([...opening, 'stepStarted', 'requestOpened'])
  await chat.say('Ana')
  expect(await chat.ended(instanceUuid)).toBe('completed')
  expect(await chat.asked()).toEqual(['writeEntries', 'writeEntries'])
})

it.each([
  ['before it told anything', 'before'],
  ['when it had told it', 'after'],
])('it is told once when the attempt that carries it ends %s', async (_, when) => {
  world.models.will('A thought.')
  const chat = await talk([draft, end])
  if (when === 'before') before = broken
  else after = broken
  const { instanceUuid } = await chat.say('Hello')
  expect(await chat.ended(instanceUuid)).toBe('completed')
  const events = await chat.events()
  expect(events.slice(0, 5)).toEqual([...opening, 'stepStarted'])
  expect(times(events, 'sessionStarted')).toBe(1)
  expect(await chat.asked()).toEqual(['generateText'])
})

it('a first turn that is cancelled before its step has begun tells of the session all the same', async () => {
  const chat = await talk([draft, end])
  const held = holdNext()
  const { instanceUuid } = await chat.say('Hello')
  await held.come
  await chat.handle.executeUpdate(cancelTurn, { args: [{}] })
  expect(await chat.ended(instanceUuid)).toBe('cancelled')
  const events = await chat.events()
  expect(events.slice(0, 4)).toEqual(opening)
  expect(events.slice(-2)).toEqual(['chatCancelled', 'instanceFinished'])
  expect(times(events, 'sessionStarted')).toBe(1)
  expect(await chat.asked()).toEqual(['generateText', 'writeEntries'])
})

it('a first step that fails for good before it tells anything leaves it to what is told next', async () => {
  const chat = await talk([{ ...draft, retry: { attempts: 1 }, onError: 'continue' }, say, end])
  before = broken
  const { instanceUuid } = await chat.say('Hello')
  expect(await chat.ended(instanceUuid)).toBe('completed')
  const events = await chat.events()
  expect(events.slice(0, 4)).toEqual(opening)
  expect(times(events, 'sessionStarted')).toBe(1)
  expect(await chat.asked()).toEqual(['generateText', 'writeEntries'])
})

it('a message that waits behind a first step under way is told behind the start, and each once', async () => {
  world.models.will('A thought.', 'Another one.')
  const chat = await talk([draft, end])
  const held = holdNext()
  const first = await chat.say('One')
  await held.come
  const second = await chat.say('Two')
  expect(second.status).toBe('queued')
  await until('the message to be seen in the queue', async () => (await chat.view())?.queued.length === 1)
  expect(await chat.events()).toEqual(['sessionStarted', 'messageQueued'])
  held.open()
  expect(await chat.ended(first.instanceUuid)).toBe('completed')
  expect(await chat.ended(second.instanceUuid)).toBe('completed')
  const events = await chat.events()
  expect(events.slice(0, 3)).toEqual(['sessionStarted', 'messageQueued', 'instanceStarted'])
  expect([times(events, 'sessionStarted'), times(events, 'messageQueued')]).toEqual([1, 1])
  expect((await chat.view())?.queued).toEqual([])
  expect(await chat.asked()).toEqual(['generateText', 'writeSession', 'generateText'])
})

it('a message that is still being told to wait when its turn begins is told before it', async () => {
  world.models.will('A thought.', 'Another one.')
  const chat = await talk([draft, end])
  const inStep = holdNext()
  const first = await chat.say('One')
  await inStep.come
  const inQueue = holdNext()
  const second = await chat.say('Two')
  await inQueue.come
  inStep.open()
  expect(await chat.ended(second.instanceUuid)).toBe('completed')
  inQueue.open()
  await until('nothing to be under way', async () => {
    const { raw } = await chat.handle.describe()
    return !raw.pendingActivities?.length
  })
  expect(await chat.ended(first.instanceUuid)).toBe('completed')
  const events = await chat.events()
  expect(events.indexOf('messageQueued')).toBeLessThan(events.lastIndexOf('instanceStarted'))
  expect(times(events, 'messageQueued')).toBe(1)
  expect((await chat.view())?.queued).toEqual([])
  expect(await chat.asked()).toEqual(['generateText', 'writeSession', 'generateText'])
})
