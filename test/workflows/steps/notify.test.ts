import { eq } from 'drizzle-orm'
import { members, notices, steps } from '../../../storage/sql/schema.ts'
import { createWorld, type World } from '../../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
  await world.db.insert(members).values({
    workspaceId: world.workspaceId,
    userId: 'mute',
    name: 'Mute',
    email: null,
    roles: ['approver'],
  })
})
afterEach(() => world.replay())
afterAll(() => world.close())

const noticesOf = async (run: string) =>
  (await world.db.select().from(notices).where(eq(notices.instanceUuid, run))).map(
    ({ userId, text, kind }) => ({ userId, text, kind }),
  )
const logsOf = async (run: string) =>
  (await world.db.select().from(steps).where(eq(steps.instanceUuid, run)))[0]?.logs

it('F016 tells named people and the people of a role in their inboxes, each once', async () => {
  const run = await world.begin(
    {
      steps: [
        {
          id: 'tell',
          type: 'notify',
          to: { users: ['${input.who}', 'boss'], role: 'approver' },
          text: 'Order ${input.order} is ready.',
          by: ['inbox'],
        },
      ],
    },
    { input: { who: 'ana', order: 7 } },
  )
  await world.ended(run)
  expect((await noticesOf(run)).sort((a, b) => a.userId.localeCompare(b.userId))).toEqual(
    ['ana', 'boss', 'mute'].map((userId) => ({ userId, text: 'Order 7 is ready.', kind: 'notice' })),
  )
  expect(world.mailer.sent).toEqual([])
})

it('F016 tells people by e-mail, and says in the log whom it could not reach', async () => {
  const run = await world.begin({
    name: 'Weekly',
    steps: [
      {
        id: 'tell',
        type: 'notify',
        to: { users: ['ana', 'mute', 'ghost'] },
        text: '**Ready.**',
        by: ['email'],
      },
    ],
  })
  await world.ended(run)
  expect(world.mailer.sent.map(({ to, subject, body }) => ({ to, subject, body }))).toEqual([
    { to: ['ana@parley.example'], subject: 'Weekly', body: '**Ready.**' },
  ])
  expect(await noticesOf(run)).toEqual([])
  expect(await logsOf(run)).toEqual(
    expect.arrayContaining(['ghost is no member of the workspace.', 'mute has no e-mail address.']),
  )
})

it('a list of people may come out of one placeholder', async () => {
  const run = await world.begin(
    {
      steps: [{ id: 'tell', type: 'notify', to: { users: ['${input.people}'] }, text: 'Hi.', by: ['inbox'] }],
    },
    { input: { people: ['ana', 'boss'] } },
  )
  await world.ended(run)
  expect((await noticesOf(run)).map(({ userId }) => userId).sort()).toEqual(['ana', 'boss'])
})
