import { randomUUID } from 'node:crypto'
import { WithStartWorkflowOperation } from '@temporalio/client'
import { tsToMs } from '@temporalio/common/lib/time.js'
import { and, asc, eq } from 'drizzle-orm'
import type { MessageTaken } from '../../shared/contract/chat.ts'
import { sessionWorkflowId, taskQueue } from '../../shared/temporal/names.ts'
import { instances, journal, sessions, versions, workflows } from '../../storage/sql/schema.ts'
import { answer, cancelTurn, end, message, removeMessage, state } from '../../workflows/messages.ts'
import { refusal } from '../harness/refusal.ts'
import { until } from '../harness/until.ts'
import { ana, boss, createWorld, type World } from '../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.replay())
afterAll(() => world.close())

const echo = {
  name: 'Echo',
  type: 'chat_driven',
  variables: { said: '' },
  steps: [
    { id: 'keep', type: 'set', variables: { said: '${variables.said}${userMessage}. ' } },
    { id: 'reply', type: 'message', text: 'So far: ${variables.said}' },
    { id: 'end', type: 'end' },
  ],
}

/** A conversation of a test, by its Temporal client. */
async function talk(definition: Record<string, unknown>, more: object = {}) {
  const workflowId = await world.publish(definition)
  const chatSessionId = randomUUID()
  const temporalId = sessionWorkflowId(world.workspaceId, chatSessionId)
  const input = {
    workspaceId: world.workspaceId,
    appId: world.appId,
    workflowId,
    chatSessionId,
    startedBy: ana,
    ...more,
  }
  const handle = world.client.workflow.getHandle(temporalId)
  let isFollowed = false
  const begin = () => {
    if (!isFollowed) world.followJob(temporalId)
    isFollowed = true
    return new WithStartWorkflowOperation('conversation', {
      workflowId: temporalId,
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
    })
  }
  return {
    chatSessionId,
    workflowId,
    handle,
    say: (userMessage: string, given: object = {}) =>
      world.client.workflow.executeUpdateWithStart(message.update, {
        startWorkflowOperation: begin(),
        args: [{ messageId: randomUUID(), userMessage, by: ana, ...given }],
      }),
    send: (payload: object) =>
      world.client.workflow.executeUpdateWithStart(message.update, {
        startWorkflowOperation: begin(),
        args: [payload as never],
      }),
    turn: (instanceUuid: string) =>
      until(`turn ${instanceUuid}`, async () => {
        const [row] = await world.db.select().from(instances).where(eq(instances.instanceUuid, instanceUuid))
        return row?.finishedAt ? row : undefined
      }),
    session: (status: string) =>
      until(`session ${status}`, async () => {
        const [row] = await world.db.select().from(sessions).where(eq(sessions.chatSessionId, chatSessionId))
        return row?.status === status ? row : undefined
      }),
    events: async (event?: string) =>
      world.db
        .select()
        .from(journal)
        .where(and(eq(journal.streamId, chatSessionId), ...(event ? [eq(journal.event, event)] : [])))
        .orderBy(asc(journal.seq)),
    said: async () =>
      (
        await world.db
          .select()
          .from(journal)
          .where(and(eq(journal.streamId, chatSessionId), eq(journal.event, 'message')))
          .orderBy(asc(journal.seq))
      ).map(({ data }) => `${data.role}: ${data.text}`),
  }
}

it('F082 a message starts the session and its turn; the next turn knows the variables; one sequence for all', async () => {
  const chat = await talk(echo)
  const first = await chat.say('One')
  expect(first).toMatchObject({ status: 'running' })
  expect(await chat.turn(first.instanceUuid)).toMatchObject({
    kind: 'turn',
    chatSessionId: chat.chatSessionId,
    status: 'completed',
    version: 1,
  })
  const second = await chat.say('Two')
  await chat.turn(second.instanceUuid)
  expect(second.instanceUuid).not.toBe(first.instanceUuid)
  expect(await chat.said()).toEqual([
    'user: One',
    'assistant: So far: One. ',
    'user: Two',
    'assistant: So far: One. Two. ',
  ])
  const seqs = (await chat.events()).map(({ seq }) => seq)
  expect(seqs).toEqual(seqs.map((_, index) => index + 1))
  expect((await chat.session('open')).view.variables).toEqual({ said: 'One. Two. ' })
})

it('B01 the same message again is the same turn, over and over', async () => {
  const chat = await talk(echo)
  const given = { messageId: randomUUID() }
  const all = await Promise.all(Array.from({ length: 5 }, () => chat.say('Once', given)))
  expect(new Set(all.map(({ instanceUuid }) => instanceUuid)).size).toBe(1)
  await chat.turn(all[0]?.instanceUuid ?? '')
  expect(await chat.say('Once', given)).toMatchObject({ instanceUuid: all[0]?.instanceUuid })
  expect(await chat.events('instanceStarted')).toHaveLength(1)
})

it('F102 F077 what does not fit is refused with the words of the contract', async () => {
  const chat = await talk(echo)
  await chat.turn((await chat.say('One')).instanceUuid)
  const mandatory = 'The user message is mandatory in conversational workflows.'
  for (const userMessage of ['', '  '])
    expect(await refusal(chat.say(userMessage))).toMatchObject({ code: 'Invalid', message: mandatory })
  expect(await refusal(chat.send({ messageId: 'x', userMessage: 'Hi' }))).toMatchObject({
    message: 'Invalid UUID string: x',
  })
  await chat.handle.signal(message.signal, { messageId: randomUUID(), userMessage: '' } as never)
  await chat.turn((await chat.say('Two')).instanceUuid)
  await until('the refusal', async () =>
    (await chat.events('refused')).find(({ data }) => data.reason === mandatory),
  )
})

const asking = {
  name: 'Asking',
  type: 'chat_driven',
  steps: [
    { id: 'hello', type: 'message', text: 'Hello.' },
    { id: 'count', type: 'ask', question: 'How many?', answer: { type: 'number' } },
    { id: 'reply', type: 'message', text: '${userMessage}: ${count}' },
    { id: 'end', type: 'end' },
  ],
}

it('a message answers the open question of the turn, in words; one that does not fit is asked again', async () => {
  const chat = await talk(asking)
  const { instanceUuid } = await chat.say('Order')
  await until('the question', async () => (await chat.handle.query(state)).requests.length > 0)
  expect(await chat.say('no idea')).toMatchObject({ status: 'answered', instanceUuid })
  await until('the question again', async () => (await chat.handle.query(state)).requests[0]?.reason)
  expect(await chat.say('a dozen')).toMatchObject({ status: 'answered', instanceUuid })
  await chat.turn(instanceUuid)
  expect(await chat.said()).toEqual([
    'user: Order',
    'assistant: Hello.',
    'user: no idea',
    'user: a dozen',
    'assistant: Order: 12',
  ])
})

const approving = (whileBusy: string) => ({
  name: 'Approving',
  type: 'chat_driven',
  chat: { whileBusy },
  steps: [
    {
      id: 'ok',
      type: 'approval',
      title: 'Go?',
      artifact: { text: '${userMessage}' },
      approvers: { users: ['boss'] },
    },
    { id: 'reply', type: 'message', text: 'Went: ${userMessage}' },
    { id: 'end', type: 'end' },
  ],
})

const approve = async (chat: Awaited<ReturnType<typeof talk>>, text: string) => {
  const request = await until(`the approval of ${text}`, async () =>
    (await chat.handle.query(state)).requests.find(({ artifact }) => artifact?.text === text),
  )
  await chat.handle.executeUpdate('decide', {
    args: [{ requestId: request.requestId, decision: 'approve', by: boss }],
  })
}

it('while a turn is busy: queue keeps the message for a turn of its own, and it can be taken back', async () => {
  const chat = await talk(approving('queue'))
  const first = await chat.say('A')
  await until('the approval', async () => (await chat.handle.query(state)).requests.length > 0)
  const second = await chat.say('B')
  const third = await chat.say('C')
  expect([second.status, third.status]).toEqual(['queued', 'queued'])
  await until('the queue', async () => (await chat.session('open')).view.queued.length === 2)
  await chat.handle.executeUpdate(removeMessage, { args: [{ messageId: second.messageId }] })
  await approve(chat, 'A')
  await chat.turn(first.instanceUuid)
  await approve(chat, 'C')
  await chat.turn(third.instanceUuid)
  expect(await chat.said()).toEqual(['user: A', 'assistant: Went: A', 'user: C', 'assistant: Went: C'])
  expect((await chat.session('open')).view.queued).toEqual([])
})

it('a message that comes as a turn ends is not told to wait', async () => {
  const chat = await talk({
    name: 'Parrot',
    type: 'chat_driven',
    steps: [
      { id: 'reply', type: 'agent', prompt: 'Answer: ${userMessage}', chatReply: true },
      { id: 'end', type: 'end' },
    ],
  })
  const { promise: second, resolve: saidSecond } = Promise.withResolvers<MessageTaken>()
  world.models.will(async () => {
    saidSecond(await chat.say('B'))
    return 'A!'
  }, 'B!')
  const first = await chat.say('A')
  await chat.turn(first.instanceUuid)
  const { instanceUuid, status } = await second
  await chat.turn(instanceUuid)
  expect(status).toBe('queued')
  expect(await chat.said()).toEqual(['user: A', 'agent: A!', 'user: B', 'agent: B!'])
  const told = await world.db.select().from(journal).where(eq(journal.streamId, chat.chatSessionId))
  expect(told.filter(({ event }) => event === 'messageQueued')).toEqual([])
})

it('while a turn is busy: merge joins what waits to one turn', async () => {
  const chat = await talk(approving('merge'))
  const first = await chat.say('A')
  await until('the approval', async () => (await chat.handle.query(state)).requests.length > 0)
  const second = await chat.say('B')
  await chat.say('C')
  await approve(chat, 'A')
  await chat.turn(first.instanceUuid)
  await approve(chat, 'B\n\nC')
  await chat.turn(second.instanceUuid)
  expect(await chat.said()).toEqual([
    'user: A',
    'assistant: Went: A',
    'user: B',
    'user: C',
    'assistant: Went: B\n\nC',
  ])
})

it('while a turn is busy: interrupt cancels it, reject says so', async () => {
  const chat = await talk(approving('interrupt'))
  const first = await chat.say('A')
  await until('the approval', async () => (await chat.handle.query(state)).requests.length > 0)
  const second = await chat.say('B')
  expect((await chat.turn(first.instanceUuid)).status).toBe('cancelled')
  await approve(chat, 'B')
  expect((await chat.turn(second.instanceUuid)).status).toBe('completed')
  const other = await talk(approving('reject'))
  await other.say('A')
  await until('the approval', async () => (await other.handle.query(state)).requests.length > 0)
  expect(await refusal(other.say('B'))).toMatchObject({ code: 'Busy' })
})

it('F119 F121 a cancelled turn keeps its prompt, marked, and changes nothing; the conversation goes on', async () => {
  const chat = await talk({
    ...approving('queue'),
    variables: { n: 0 },
    steps: [
      { id: 'count', type: 'set', variables: { n: '${variables.n + 1}' } },
      ...approving('queue').steps,
    ],
  })
  const first = await chat.say('A')
  await until('the approval', async () => (await chat.handle.query(state)).requests.length > 0)
  await chat.handle.executeUpdate(cancelTurn, { args: [{ instanceUuid: first.instanceUuid }] })
  expect((await chat.turn(first.instanceUuid)).status).toBe('cancelled')
  expect((await chat.events('chatCancelled')).map(({ data }) => data.messageId)).toEqual([first.messageId])
  const second = await chat.say('B')
  await approve(chat, 'B')
  await chat.turn(second.instanceUuid)
  expect((await chat.handle.query(state)).variables).toEqual({ n: 1 })
})

it('F109 F110 a trigger is resolved, told to the steps, and not shown', async () => {
  const chat = await talk({
    ...echo,
    triggers: [
      {
        id: 'order-help',
        name: 'Order support',
        message: 'Help with order ${orderId} of ${who}.',
        parameters: [
          { name: 'orderId', default: '' },
          { name: 'who', default: 'a guest' },
        ],
      },
    ],
  })
  const first = await chat.send({
    messageId: randomUUID(),
    trigger: { id: 'order-help', parameters: { who: '' } },
    by: ana,
  })
  await chat.turn(first.instanceUuid)
  expect(await chat.said()).toEqual(['assistant: So far: Help with order ${orderId} of a guest.. '])
  expect((await chat.events('turnOpened'))[0]?.data).toMatchObject({
    userMessageType: 'AI trigger',
    trigger: 'Triggered by: Order support',
  })
  expect(
    await refusal(chat.send({ messageId: randomUUID(), trigger: { id: 'none' }, by: ana })),
  ).toMatchObject({
    code: 'Invalid',
  })
})

it('a session ends when it is told to, when it is idle, and behind its pass when it closes; a message begins it anew', async () => {
  const chat = await talk(echo)
  await chat.turn((await chat.say('One')).instanceUuid)
  await chat.handle.executeUpdate(end.update, { args: [{}] })
  expect((await chat.session('ended')).view.endReason).toBe('ended')
  // Readers are told a moment before its execution is over.
  await chat.handle.result()
  await chat.turn((await chat.say('Two')).instanceUuid)
  expect((await chat.session('open')).view.endReason).toBeNull()
  const idle = await talk({ ...echo, chat: { idleTimeout: 'PT1S' } })
  await idle.turn((await idle.say('One')).instanceUuid)
  expect((await idle.session('ended')).view.endReason).toBe('idle')
  const once = await talk({ ...echo, chat: { afterEnd: 'close' } })
  await once.turn((await once.say('One')).instanceUuid)
  expect((await once.session('ended')).view.endReason).toBe('ended')
  await Promise.all([idle.handle.result(), once.handle.result()])
}, 120_000)

it('silence is counted from the end of the last turn, and a message costs no timer', async () => {
  const seconds = 3
  const chat = await talk({ ...echo, chat: { idleTimeout: `PT${seconds}S` } })
  for (const word of ['One', 'Two', 'Three']) await chat.turn((await chat.say(word)).instanceUuid)
  await chat.handle.result()
  const { events = [] } = await chat.handle.fetchHistory()
  expect(events?.filter((event) => event.timerCanceledEventAttributes)).toEqual([])
  const lastSaid = events?.findLast((event) => event.workflowExecutionUpdateCompletedEventAttributes)
  const over = events?.at(-1)
  expect(tsToMs(over?.eventTime) - tsToMs(lastSaid?.eventTime)).toBeGreaterThanOrEqual(seconds * 1_000)
}, 120_000)

it('F074 F101 the wrong type at the wrong door is told so', async () => {
  const chat = await talk(echo)
  const run = await world.start(chat.workflowId)
  expect((await world.ended(run)).view.error).toMatchObject({ code: 'WrongWorkflowType' })
  const guided = await talk({ name: 'G', steps: [{ id: 'm', type: 'message', text: 'x' }] })
  expect(await refusal(guided.say('Hello'))).toMatchObject({ code: 'WrongWorkflowType' })
})

it('a turn that goes on in a new execution in the middle of its work has told all of it', async () => {
  const rounds = 100
  // So expensive that it waits for other runs between its tells.
  const much = Array.from({ length: 50 }, () => 1).join(',')
  const chat = await talk({
    ...echo,
    variables: { n: 0 },
    steps: [
      {
        id: 'rounds',
        type: 'repeat',
        until: `\${variables.n >= ${rounds}}`,
        max: rounds,
        steps: [
          {
            id: 'count',
            type: 'set',
            variables: { n: `\${variables.n + [${much}].map(x, [${much}].map(y, x * y)[0])[0]}` },
          },
        ],
      },
      { id: 'reply', type: 'message', text: 'Counted to ${variables.n}' },
      { id: 'end', type: 'end' },
    ],
  })
  const { instanceUuid } = await chat.say('Count')
  // They make its history long while it counts.
  const large = { requestId: randomUUID(), value: 'x'.repeat(60_000), by: ana }
  await Promise.all(Array.from({ length: 25 }, () => chat.handle.signal(answer.signal, large)))
  await chat.turn(instanceUuid)
  expect(await chat.said()).toEqual(['user: Count', `assistant: Counted to ${rounds}`])
  const counted = (await chat.events('stepFinished')).filter(({ data }) => data.stepId === 'count')
  expect(counted).toHaveLength(rounds)
  expect(await chat.events('variablesSet')).toHaveLength(rounds)
  expect(await chat.events('sessionStarted')).toHaveLength(1)
  const { raw } = await chat.handle.describe()
  const { firstRunId, execution } = raw.workflowExecutionInfo ?? {}
  expect(firstRunId).not.toBe(execution?.runId)
}, 120_000)

it('a conversation goes on over executions without a lost or doubled message', async () => {
  const counting = {
    ...echo,
    variables: { n: 0 },
    steps: [
      { id: 'count', type: 'set', variables: { n: '${variables.n + 1}' } },
      { id: 'reply', type: 'message', text: '${variables.n}: ${userMessage}' },
      { id: 'end', type: 'end' },
    ],
  }
  const chat = await talk(counting)
  const count = 130
  const atOnce = 13
  for (let done = 0; done < count; done += atOnce) {
    // What it began with it goes on with: deleted, or no longer fit by the rules of today.
    if (done === atOnce) {
      const ofIt = eq(versions.workflowId, chat.workflowId)
      await world.db
        .update(versions)
        .set({ definition: { ...counting, icon: 5 } as never })
        .where(ofIt)
      await world.db
        .update(workflows)
        .set({ deletedAt: new Date() })
        .where(eq(workflows.workflowId, chat.workflowId))
    }
    const taken = []
    for (let index = 1; index <= atOnce; index++) taken.push(await chat.say(`m${done + index}`))
    await Promise.all(taken.map(({ instanceUuid }) => chat.turn(instanceUuid)))
  }
  const said = (await chat.said()).filter((text) => text.startsWith('assistant'))
  expect(said).toHaveLength(count)
  expect(said.map((text) => Number(/\d+/.exec(text)?.[0]))).toEqual(
    Array.from({ length: count }, (_, i) => i + 1),
  )
  const { raw } = await chat.handle.describe()
  const { firstRunId, execution } = raw.workflowExecutionInfo ?? {}
  expect(firstRunId).not.toBe(execution?.runId)
}, 240_000)
