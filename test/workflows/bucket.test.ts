import { openAssets } from '../../storage/assets/assets.ts'
import { type S3Server, startS3 } from '../harness/s3-server.ts'
import { until } from '../harness/until.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

let s3: S3Server
let world: World
beforeAll(async () => {
  s3 = await startS3()
  const assets = await openAssets(s3.address)
  world = await createWorld((deps) => ({ ...deps, assets }))
})
afterEach(() => world.replay())
afterAll(async () => {
  await world.close()
  await s3.close()
})

it('F002 files and large payloads live in a bucket; while it is away the run waits', async () => {
  const long = 'A long word. '.repeat(20_000)
  world.models.will(long)
  const run = await world.begin({
    steps: [
      { id: 'notes', type: 'ask', question: 'Notes?', answer: { type: 'file' } },
      { id: 'text', type: 'draft', format: 'text', prompt: 'From ${notes}' },
      { id: 'ok', type: 'approval', title: 'Good?', artifact: { text: '${text}' } },
      { id: 'file', type: 'document', format: 'md', name: 'Long', content: '${ok.text}' },
      { id: 'done', type: 'end', output: '${file.fileId}' },
    ],
  })
  await world.request(run, 'notes')
  const notes = await world.upload('notes.txt', 'Forty licences.')
  await world.runs.answer(run, { fileIds: [notes.fileId], by: ana })
  await world.request(run, 'ok')
  expect(world.models.requests.at(-1)?.user).toContain('Forty licences.')
  await s3.goAway()
  await world.signal(run, 'decide', { decision: 'approve', by: ana })
  await until('the run to wait for the bucket', async () => {
    const { raw } = await world.handle(run).describe()
    return (raw.pendingWorkflowTask?.attempt ?? 0) > 1
  })
  await s3.comeBack()
  const fileId = (await world.runs.result(run)) as string
  const { workspaceId } = world
  const document = await world.deps.assets.bytes({ workspaceId, fileId, part: 'original' })
  expect(new TextDecoder().decode(document)).toContain(long.trim())
})
