import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { startBrief } from '../../examples/backend-service/brief-from-ticket.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

it('F074 F012 a backend service starts a run over Temporal, answers it, leaves, and gets the result later', async () => {
  const definition = JSON.parse(
    await readFile(new URL('../../examples/meeting-brief/definition.json', import.meta.url), 'utf8'),
  )
  const workflowId = await world.publish(definition)
  const uuid = randomUUID()
  const run = await startBrief(world.runs, workflowId, { uuid, topic: 'The portal is slow' })
  await world.request(run, 'notes')
  expect(await startBrief(world.runs, workflowId, { uuid, topic: 'Another topic' })).toBe(run)
  world.models.will('The portal is slow since Monday.')
  const notes = await world.upload(
    'notes.md',
    '# Notes\n\nSince Monday the portal takes 8 s.',
    'text/markdown',
  )
  await world.runs.answer(run, { fileIds: [notes.fileId], by: ana })
  const approval = await world.request(run, 'ok')
  expect(approval.artifact?.text).toBe('The portal is slow since Monday.')
  expect(world.models.requests.at(-1)?.user).toContain('Since Monday the portal takes 8 s.')
  await world.runs.decide(run, { decision: 'approve', by: { userId: 'ticket-service' } })
  expect(await world.ended(run)).toMatchObject({ status: 'completed', startedById: 'ticket-service' })
  const about = (await world.journal(run))
    .filter(({ event }) => event === 'message')
    .map(({ data }) => data.text)
  expect(about).toEqual(['The portal is slow', 'notes.md'])
})
