import { randomUUID } from 'node:crypto'
import { and, asc, eq } from 'drizzle-orm'
import { connectConversations, type ParleyConversations } from '../../../client/temporal.ts'
import type { OpenRequest } from '../../../shared/contract/request.ts'
import { sessionWorkflowId } from '../../../shared/temporal/names.ts'
import { recall } from '../../../storage/sql/recall.ts'
import { instances, journal, notices, requests } from '../../../storage/sql/schema.ts'
import { addTeam, removeTeam } from '../../../storage/sql/teams.ts'
import { refusal } from '../../harness/refusal.ts'
import { until } from '../../harness/until.ts'
import { ana, boss, createWorld, type World } from '../../harness/world.ts'

let world: World
let talks: ParleyConversations
const root = { userId: 'root', name: 'Root', roles: ['admin'] }
beforeAll(async () => {
  world = await createWorld()
  talks = connectConversations(world)
  await addTeam(world.db, world, randomUUID(), { name: 'support', members: ['boss'] })
})
afterEach(() => world.replay(), 120_000)
afterAll(() => world.close())

const handing = (more: object = {}, steps: object[] = []) => ({
  name: 'Helpdesk',
  type: 'chat_driven',
  steps: [
    { id: 'person', type: 'route', team: 'support', note: 'About: ${userMessage}', ...more },
    { id: 'after', type: 'message', text: 'Back: ${person.?note.orValue("nobody came")}' },
    ...steps,
    { id: 'end', type: 'end' },
  ],
})

async function open(definition: Record<string, unknown>) {
  const workflowId = await world.publish(definition)
  const chatSessionId = randomUUID()
  let isFollowed = false
  const events = (event: string) =>
    world.db
      .select()
      .from(journal)
      .where(and(eq(journal.streamId, chatSessionId), eq(journal.event, event)))
      .orderBy(asc(journal.seq))
  const handoff = () =>
    until('an open handoff', async () =>
      (await talks.state(chatSessionId)).requests.find(({ kind }) => kind === 'handoff'),
    )
  return {
    chatSessionId,
    events,
    say: (userMessage: string, more: { messageId?: string } = {}) => {
      if (!isFollowed) world.followJob(sessionWorkflowId(world.workspaceId, chatSessionId))
      isFollowed = true
      return talks.sendMessage(
        { workflowId, chatSessionId, startedBy: ana },
        { userMessage, by: ana, ...more },
      )
    },
    handoff,
    take: async (by = boss): Promise<OpenRequest> => {
      const request = await handoff()
      await talks.takeHandoff(chatSessionId, { requestId: request.requestId, by })
      return request
    },
    tell: (requestId: string, text: string, messageId: string = randomUUID(), by = boss) =>
      talks.sayInHandoff(chatSessionId, { requestId, messageId, text, by }),
    giveBack: (requestId: string, note?: string, by = boss) =>
      talks.returnHandoff(chatSessionId, { requestId, ...(note ? { note } : {}), by }),
    ended: (instanceUuid: string) =>
      until('the end of the turn', async () => {
        const [row] = await world.db.select().from(instances).where(eq(instances.instanceUuid, instanceUuid))
        return row?.finishedAt ? row : undefined
      }),
    said: async () => (await events('message')).map(({ data }) => `${data.role}: ${data.text}`),
  }
}

const rowOf = async (requestId: string) => {
  const [row] = await world.db.select().from(requests).where(eq(requests.requestId, requestId))
  return row
}

it('F040 hands the conversation to a person of the team, and goes on with what they hand back', async () => {
  const chat = await open(
    handing({}, [{ id: 'log', type: 'message', text: '${person.by}\n${person.transcript}' }]),
  )
  const { instanceUuid } = await chat.say('My parcel is lost')
  const request = await chat.take()
  expect(request).toMatchObject({
    kind: 'handoff',
    stepId: 'person',
    question: 'Somebody of support will talk with you here.',
    note: 'About: My parcel is lost',
    approvers: { team: 'support' },
  })
  const { requestId } = request
  await chat.tell(requestId, 'Hello, which one?')
  expect(await chat.say('10017')).toMatchObject({ instanceUuid, status: 'passedOn' })
  await chat.tell(requestId, 'Sent again.')
  await chat.giveBack(requestId, 'sent again')
  expect((await chat.ended(instanceUuid)).status).toBe('completed')
  expect(await chat.said()).toEqual([
    'user: My parcel is lost',
    'system: Somebody of support will talk with you here.',
    'agent: Hello, which one?',
    'user: 10017',
    'agent: Sent again.',
    'assistant: Back: sent again',
    'assistant: boss\nBoss: Hello, which one?\nUser: 10017\nBoss: Sent again.',
  ])
  const who = { userId: 'boss', name: 'Boss' }
  expect((await chat.events('handoffTaken')).map(({ data }) => data)).toEqual([{ requestId, by: who }])
  expect((await chat.events('handoffReturned')).map(({ data }) => data)).toEqual([{ requestId, by: who }])
  expect((await chat.events('requestClosed')).map(({ data }) => data)).toMatchObject([
    { requestId, kind: 'handoff', outcome: 'returned', by: who },
  ])
  expect(await rowOf(requestId)).toMatchObject({
    outcome: 'returned',
    approverTeam: 'support',
    closedBy: who,
  })
})

it('F040 tells each of the team in their inbox, until somebody has taken it', async () => {
  const chat = await open(handing())
  const { instanceUuid } = await chat.say('Help')
  const { requestId } = await chat.handoff()
  const notice = () =>
    until('the notice', async () => {
      const found = await world.db
        .select()
        .from(notices)
        .where(eq(notices.key, `request:${requestId}`))
      return found.length > 0 && found
    })
  expect(await notice()).toMatchObject([
    { userId: 'boss', kind: 'handoffRequested', text: expect.stringContaining('About: Help'), readAt: null },
  ])
  await chat.take()
  await until('the notice to be read', async () => (await notice())[0]?.readAt)
  await chat.giveBack(requestId)
  await chat.ended(instanceUuid)
})

it('F040 of two who take it at once one has it, and only that one speaks and hands back; an admin may hand back too', async () => {
  const chat = await open(handing())
  const { instanceUuid } = await chat.say('Help')
  const { requestId } = await chat.handoff()
  const take = (by: typeof root) => talks.takeHandoff(chat.chatSessionId, { requestId, by })
  expect(await refusal(chat.tell(requestId, 'Hi'))).toMatchObject({ code: 'Conflict' })
  expect(await refusal(chat.giveBack(requestId))).toMatchObject({ code: 'Conflict' })
  const mia = { userId: 'mia', name: 'Mia', roles: ['member'], teams: ['support'] }
  const both = await Promise.allSettled([take(boss as typeof root), take(mia)])
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const [winner, loser] = both[0]?.status === 'fulfilled' ? [boss, mia] : [mia, boss]
  expect(await refusal(take(loser as typeof root))).toMatchObject({
    code: 'AlreadyTaken',
    message: expect.stringContaining(`${winner.name} took this conversation at 20`),
  })
  expect(await take(winner as typeof root)).toEqual({ requestId })
  expect(await refusal(chat.tell(requestId, 'Me', randomUUID(), loser as typeof boss))).toMatchObject({
    code: 'AlreadyTaken',
  })
  expect(await refusal(chat.giveBack(requestId, undefined, loser as typeof boss))).toMatchObject({
    code: 'AlreadyTaken',
  })
  await chat.giveBack(requestId, undefined, root)
  await chat.ended(instanceUuid)
  expect(await chat.events('handoffTaken')).toHaveLength(1)
})

it('F040 who is not in the team is refused, and so is what does not fit or is not open', async () => {
  const chat = await open(handing())
  const { instanceUuid } = await chat.say('Help')
  const { requestId } = await chat.handoff()
  const id = chat.chatSessionId
  expect(await refusal(talks.takeHandoff(id, { requestId, by: ana }))).toMatchObject({
    code: 'Forbidden',
    message: 'ana is not in the team support.',
  })
  const claims = { ...ana, teams: ['sales'] }
  expect(await refusal(talks.takeHandoff(id, { requestId, by: claims }))).toMatchObject({ code: 'Forbidden' })
  expect(await refusal(talks.takeHandoff(id, { requestId: randomUUID(), by: boss }))).toMatchObject({
    code: 'NotOpen',
  })
  expect(await refusal(talks.takeHandoff(id, { requestId } as never))).toMatchObject({ code: 'Invalid' })
  expect(await refusal(chat.tell(requestId, '  '))).toMatchObject({
    message: 'the payload: text: say something',
  })
  await chat.take()
  await chat.giveBack(requestId)
  await chat.ended(instanceUuid)
  expect(await refusal(chat.tell(requestId, 'Late'))).toMatchObject({ code: 'NotOpen' })
})

it('B01 the same message again is said once', async () => {
  const chat = await open(handing())
  const { instanceUuid } = await chat.say('Help')
  const { requestId } = await chat.take()
  const [theirs, ours] = [randomUUID(), randomUUID()]
  await Promise.all([1, 2, 3].map(() => chat.tell(requestId, 'Hello', theirs)))
  const heard = await Promise.all([1, 2, 3].map(() => chat.say('Hi', { messageId: ours })))
  expect(new Set(heard.map(({ status }) => status))).toEqual(new Set(['passedOn']))
  await chat.giveBack(requestId)
  await chat.ended(instanceUuid)
  expect((await chat.said()).slice(2, -1)).toEqual(['agent: Hello', 'user: Hi'])
})

it.each(['queue', 'merge', 'interrupt', 'reject'])(
  'B11 while a handoff is open a message goes to the person, with whileBusy %s',
  async (whileBusy) => {
    const chat = await open({ ...handing(), chat: { whileBusy } })
    const { instanceUuid } = await chat.say('Help')
    // Also before anybody has taken it.
    await chat.handoff()
    expect(await chat.say('Anybody?')).toMatchObject({ instanceUuid, status: 'passedOn' })
    const { requestId } = await chat.take()
    expect(await chat.say('Hello')).toMatchObject({ instanceUuid, status: 'passedOn' })
    await chat.giveBack(requestId, 'done')
    expect((await chat.ended(instanceUuid)).status).toBe('completed')
    expect((await chat.said()).slice(2)).toEqual(['user: Anybody?', 'user: Hello', 'assistant: Back: done'])
    expect(await chat.events('instanceStarted')).toHaveLength(1)
  },
)

it('F040 when nobody takes it in time its own steps come; who took it has all the time', async () => {
  const expire = { after: 'PT1S', steps: [{ id: 'sorry', type: 'message', text: 'Nobody is there.' }] }
  const late = await open(handing({ expire }))
  const { instanceUuid } = await late.say('Help')
  const { requestId } = await late.handoff()
  await late.say('Still there?')
  expect((await late.ended(instanceUuid)).status).toBe('completed')
  expect((await late.said()).slice(2)).toEqual([
    'user: Still there?',
    'assistant: Nobody is there.',
    'assistant: Back: nobody came',
  ])
  expect(await rowOf(requestId)).toMatchObject({ outcome: 'expired', closedBy: null })
  expect(await refusal(talks.takeHandoff(late.chatSessionId, { requestId, by: boss }))).toMatchObject({
    code: 'NotOpen',
  })

  const place = {
    workspaceId: world.workspaceId,
    chatSessionId: late.chatSessionId,
    instanceUuid: randomUUID(),
  }
  expect((await recall(world.db, place, { strategy: 'last', turns: 3 })).turns).toEqual([
    { user: 'Help', agent: 'User: Still there?\nAgent: Nobody is there.\n\nBack: nobody came' },
  ])

  const taken = await open(handing({ expire: { ...expire, after: 'PT3S' } }))
  const turn = await taken.say('Help')
  const held = await taken.take()
  const deadline = Date.parse(held.deadline ?? '')
  await until('the deadline to pass', () => Date.now() > deadline + 200)
  await taken.tell(held.requestId, 'I am here.')
  await taken.giveBack(held.requestId, 'done')
  await taken.ended(turn.instanceUuid)
  expect((await taken.said()).slice(2)).toEqual(['agent: I am here.', 'assistant: Back: done'])
})

it('F118 a cancel and an end close an open handoff, and lose nothing that was said', async () => {
  for (const stop of ['cancel', 'end'] as const) {
    const chat = await open(handing())
    const { instanceUuid } = await chat.say('Help')
    const { requestId } = await chat.take()
    await chat.tell(requestId, 'One moment')
    if (stop === 'cancel') await talks.cancelTurn(chat.chatSessionId)
    else await talks.endSession(chat.chatSessionId)
    expect((await chat.ended(instanceUuid)).status).toBe('cancelled')
    expect(await chat.said()).toContain('agent: One moment')
    expect((await chat.events('requestClosed')).map(({ data }) => data)).toMatchObject([
      { requestId, kind: 'handoff', outcome: 'cancelled' },
    ])
    expect(await rowOf(requestId)).toMatchObject({ outcome: 'cancelled' })
    if (stop === 'end') continue
    const next = await chat.say('Again')
    // It has a turn of its own, and waits for the end of the one before at most.
    expect(next.status).not.toBe('passedOn')
    expect(next.instanceUuid).not.toBe(instanceUuid)
    await chat.giveBack((await chat.take()).requestId)
    await chat.ended(next.instanceUuid)
  }
})

it('F091 the agent of a later turn knows what was said to the person', async () => {
  const chat = await open(handing())
  const { instanceUuid } = await chat.say('My parcel is lost')
  const { requestId } = await chat.take()
  await chat.tell(requestId, 'Which one?')
  await chat.say('10017')
  await chat.giveBack(requestId)
  await chat.ended(instanceUuid)
  const place = {
    workspaceId: world.workspaceId,
    chatSessionId: chat.chatSessionId,
    instanceUuid: randomUUID(),
  }
  expect(await recall(world.db, place, { strategy: 'last', turns: 3 })).toEqual({
    summary: null,
    turns: [
      {
        user: 'My parcel is lost',
        agent: 'Which one?\nUser: 10017\nAgent: Back: ',
      },
    ],
  })
})

it('F040 a team that is gone by now fails the step, and onError says what comes instead', async () => {
  const teamId = randomUUID()
  await addTeam(world.db, world, teamId, { name: 'night shift', members: [] })
  const onError = { steps: [{ id: 'sorry', type: 'message', text: '${error.message}' }] }
  const chat = await open(handing({ team: 'night shift', onError }))
  await removeTeam(world.db, world, teamId)
  await chat.ended((await chat.say('Help')).instanceUuid)
  expect((await chat.said())[1]).toBe(
    'assistant: This app has no team “night shift” any more: make it again, or name another one.',
  )
})

it('F040 a step whose time is over closes its handoff, and what is said then is a turn again', async () => {
  const chat = await open({
    ...handing({ timeout: 'PT3S', onError: 'continue' }, [
      { id: 'q', type: 'ask', question: 'What else?', answer: { type: 'text' } },
    ]),
  })
  const { instanceUuid } = await chat.say('Help')
  const { requestId } = await chat.take()
  await chat.tell(requestId, 'One moment')
  await until('the question', async () =>
    (await talks.state(chat.chatSessionId)).requests.find(({ kind }) => kind === 'answer'),
  )
  const outcome = await until(
    'the request to be closed',
    async () => (await rowOf(requestId))?.outcome ?? undefined,
  )
  expect(outcome).toBe('TimedOut')
  expect(await refusal(chat.tell(requestId, 'Late'))).toMatchObject({ code: 'NotOpen' })
  expect(await chat.say('Nothing')).toMatchObject({ instanceUuid, status: 'answered' })
  expect((await chat.ended(instanceUuid)).status).toBe('completed')
  expect((await chat.said()).slice(2)).toEqual([
    'agent: One moment',
    'assistant: Back: nobody came',
    'user: Nothing',
  ])
})

it('F040 with two handoffs at once the user talks with the first, then with the other', async () => {
  await addTeam(world.db, world, randomUUID(), { name: 'sales', members: ['boss'] })
  const arm = (team: string) => ({ name: team, steps: [{ id: team, type: 'route', team }] })
  const chat = await open({
    name: 'Both',
    type: 'chat_driven',
    steps: [
      { id: 'both', type: 'parallel', arms: [arm('support'), arm('sales')] },
      { id: 'after', type: 'message', text: '${support.transcript} | ${sales.transcript}' },
      { id: 'end', type: 'end' },
    ],
  })
  const { instanceUuid } = await chat.say('Help')
  const requestsOpen = await until('two handoffs', async () => {
    const { requests: open } = await talks.state(chat.chatSessionId)
    return open.length === 2 && open
  })
  for (const { requestId } of requestsOpen) {
    await talks.takeHandoff(chat.chatSessionId, { requestId, by: boss })
    const { path } = requestsOpen.find((one) => one.requestId === requestId) as OpenRequest
    expect(await chat.say(`To ${path}`)).toMatchObject({ instanceUuid, status: 'passedOn' })
    await chat.giveBack(requestId)
  }
  expect((await chat.ended(instanceUuid)).view.error).toBeNull()
  expect((await chat.said()).at(-1)).toBe('assistant: User: To both.support | User: To both.sales')
})

it('F040 a handoff goes over into a new execution: nothing that is said is lost or doubled', async () => {
  const chat = await open(handing())
  const { instanceUuid } = await chat.say('Help')
  const { requestId } = await chat.take()
  const temporalId = sessionWorkflowId(world.workspaceId, chat.chatSessionId)
  const runId = async () => (await world.client.workflow.getHandle(temporalId).describe()).runId
  const first = await runId()
  const sent: string[] = []
  const repeated = randomUUID()
  await chat.tell(requestId, 'same', repeated)
  // Long ones, so that the history is long soon; some before the hand-over, some while it happens, some behind it.
  for (let left = 3; left > 0; left -= (await runId()) === first ? 0 : 1) {
    const batch = [1, 2, 3, 4].map((one) => `m${sent.length + one} ${'x'.repeat(40_000)}`)
    await Promise.all(batch.map((text, at) => (at % 2 === 0 ? chat.tell(requestId, text) : chat.say(text))))
    sent.push(...batch)
    expect(sent.length).toBeLessThan(200)
  }
  await chat.tell(requestId, 'same', repeated)
  expect(await refusal(talks.takeHandoff(chat.chatSessionId, { requestId, by: root }))).toMatchObject({
    code: 'AlreadyTaken',
  })
  await chat.tell(requestId, 'last')
  await chat.giveBack(requestId, 'over')
  await chat.ended(instanceUuid)
  const said = (await chat.said()).slice(2, -1).map((text) => text.replace(/^\w+: /, ''))
  expect(said[0]).toBe('same')
  expect(said.at(-1)).toBe('last')
  expect(said.slice(1, -1).toSorted()).toEqual(sent.toSorted())
})
