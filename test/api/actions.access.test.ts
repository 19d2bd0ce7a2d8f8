import { and, eq } from 'drizzle-orm'
import { instances } from '../../storage/sql/schema.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { openChat } from '../harness/chat.ts'
import { calls } from '../harness/scripted-models.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
let api: TestApi
beforeAll(async () => {
  world = await createWorld()
  api = await startApi({ world })
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
})

it('F046 an agent calls an action for who may not start it; all else of the action stays closed to them', async () => {
  const action = await api.publish({
    name: 'Refund',
    availableTo: { roles: ['admin'] },
    action: { name: 'refund', description: 'Pays back.' },
    steps: [{ id: 'done', type: 'end', output: 'Paid back.' }],
  })
  const member = api.as('member')
  world.models.will(calls(['refund', {}]), 'It is paid back.')
  const chat = await openChat(
    { world, api },
    {
      steps: [
        { id: 'reply', type: 'agent', chatReply: true, prompt: 'Run @refund. ${userMessage}' },
        { id: 'end', type: 'end' },
      ],
    },
  )
  const { body: turn } = await chat.ask('My money, please')
  expect(turn.replies.at(-1)).toMatchObject({ text: 'It is paid back.' })

  const [run] = await world.db
    .select()
    .from(instances)
    .where(and(eq(instances.parentInstanceUuid, turn.instanceUuid), eq(instances.kind, 'action')))
  if (!run) throw new Error('the action did not run')
  world.follow(run.instanceUuid)
  expect(run).toMatchObject({ status: 'completed', startedById: expect.stringContaining('member') })

  const names = (await member.get('R/catalog')).body.items.map(({ name }: { name: string }) => name)
  expect(names).not.toContain('Refund')
  expect((await api.as('admin').get('R/catalog')).body.items).toContainEqual(
    expect.objectContaining({ workflowId: action, name: 'Refund' }),
  )
  const start = await member.post(`R/workflows/${action}/runs`, {})
  expect(start).toMatchObject({ status: 403, body: { detail: 'this workflow is not available to you' } })
  // Its run is theirs to look at, as every one that was made for them, and to do nothing with.
  const at = `R/workflows/instances/${run.instanceUuid}`
  expect((await member.get(at)).body).toMatchObject({ kind: 'action', actions: ['export'] })
  expect((await member.post(`${at}/retry`)).status).toBe(409)
  expect((await member.get(`A/workflows/${action}`)).status).toBe(403)
  for (const path of [at, `${at}/log`, `${at}/export`])
    expect((await api.as('other').get(path)).status).toBe(404)
})
