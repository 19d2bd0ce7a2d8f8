import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, rmdir, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eq } from 'drizzle-orm'
import { type Assets, openFolderAssets } from '../../storage/assets/assets.ts'
import * as table from '../../storage/sql/schema.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

const limit = 60_000
const execute = promisify(execFile)
const megabyte = 1024 * 1024

/** A disk of four megabytes in memory. Only root may mount one. */
async function mountDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-small-disk-'))
  try {
    await execute('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder])
    return folder
  } catch {
    await rmdir(folder)
    return undefined
  }
}

const disk = await mountDisk()
if (!disk) process.stdout.write('disk-full: skipped, since only root may mount the small disk it needs\n')

;(disk ? describe : describe.skip)('a disk that is full', () => {
  const place = String(disk)
  const filler = join(place, 'filler')
  let assets: Assets
  let world: World
  let api: TestApi
  beforeAll(async () => {
    assets = await openFolderAssets(join(place, 'assets'))
    world = await createWorld((deps) => ({ ...deps, assets }))
    api = await startApi({ world })
  }, limit)
  afterEach(async () => {
    await rm(filler, { force: true })
    await world.replay()
  })
  afterAll(async () => {
    try {
      await api?.close()
      await world?.close()
    } finally {
      await execute('umount', [place])
      await rmdir(place)
    }
  })

  /** Leaves so many bytes free. */
  const fill = async (left: number) => {
    const { bavail, bsize } = await statfs(place)
    await writeFile(filler, Buffer.alloc(bavail * bsize - left))
  }
  const stored = async () =>
    (await readdir(join(place, 'assets'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort()
  const stepOf = async (run: string, path: string) =>
    (await world.db.select().from(table.steps).where(eq(table.steps.instanceUuid, run))).find(
      (step) => step.path === path,
    )

  it(
    'is waited for by a step that makes a file; when there is room the run goes on, with one whole file',
    async () => {
      const text = 'x'.repeat(30_000)
      const workflowId = await world.publish({
        input: { type: 'object', properties: { text: { type: 'string' } } },
        steps: [
          {
            id: 'file',
            type: 'document',
            format: 'md',
            name: 'Long',
            content: '${input.text}',
            retry: { attempts: 1, backoff: 'PT0S' },
          },
          { id: 'done', type: 'end', output: '${file.fileId}' },
        ],
      })
      const before = await stored()
      await fill(8_192)
      const run = await world.start(workflowId, { input: { text } })
      const waiting = await until('the step to be tried more often than its `retry` says', async () => {
        const step = await stepOf(run, 'file')
        return (step?.error?.times ?? 0) >= 3 && step
      })
      expect(waiting?.error).toMatchObject({
        code: 'Full',
        message: 'There is no space left on the server.',
      })
      expect((await api.as('admin').get(`R/workflows/instances/${run}`)).body.status).toBe('running')
      expect(await stored()).toEqual(before)

      await rm(filler)
      const { status, view } = await world.ended(run)
      expect(status).toBe('completed')
      const fileId = String(view.output)
      expect(await stored()).toEqual([...before, `${fileId}.original`].sort())
      const bytes = await assets.bytes({ workspaceId: world.workspaceId, fileId, part: 'original' })
      expect(new TextDecoder().decode(bytes)).toContain(text)
    },
    limit,
  )

  it(
    'gives an upload a 507 and keeps nothing of it; the same request is taken when there is room',
    async () => {
      const before = await stored()
      const content = randomBytes(megabyte)
      const headers = { 'idempotency-key': randomUUID() }
      const upload = () => api.as('member').upload('large.bin', content, headers)
      await fill(megabyte / 2)
      const refused = await upload()
      expect(refused).toMatchObject({
        status: 507,
        body: { code: 'Full', detail: 'there is no space left on the server' },
      })
      expect(refused.headers.get('retry-after')).toBe('60')
      expect(JSON.stringify(refused.body)).not.toContain(place)
      expect(await stored()).toEqual(before)
      expect(await world.db.select().from(table.files).where(eq(table.files.name, 'large.bin'))).toEqual([])

      await rm(filler)
      const taken = await upload()
      expect([taken.status, taken.body.bytes]).toEqual([201, content.length])
      const read = await api.as('member').send(`R/files/${taken.body.fileId}`, { method: 'GET' })
      expect(Buffer.from(await read.arrayBuffer()).equals(content)).toBe(true)
    },
    limit,
  )

  it(
    'refuses an answer too large for a history, and its question stays open; a large result of a model waits',
    async () => {
      const large = 'word '.repeat(60_000).trim()
      const workflowId = await world.publish({
        steps: [
          { id: 'notes', type: 'ask', question: 'Notes?', answer: { type: 'text' } },
          { id: 'go', type: 'ask', question: 'Go on?', answer: { type: 'text' } },
          { id: 'text', type: 'draft', format: 'text', prompt: 'Write', retry: { attempts: 1 } },
          { id: 'done', type: 'end', output: ['${size(notes)}', '${size(text)}'] },
        ],
      })
      const run = await world.start(workflowId)
      const { requestId } = await world.request(run, 'notes')
      const at = `R/workflows/instances/${run}`
      const answer = (given: object) => api.as('admin').post(`${at}/answers`, given)
      await fill(0)
      expect(await answer({ requestId, value: large })).toMatchObject({ status: 507, body: { code: 'Full' } })
      expect((await api.as('admin').get(at)).body).toMatchObject({
        status: 'waiting',
        requests: [{ requestId }],
      })
      await rm(filler)
      expect((await answer({ requestId, value: large })).status).toBe(200)

      await world.request(run, 'go')
      await fill(0)
      world.models.will(large)
      expect((await answer({ value: 'Yes' })).status).toBe(200)
      await until('the result to have been kept back', async () => {
        const { raw } = await world.handle(run).describe()
        return raw.pendingActivities?.some(({ attempt }) => Number(attempt) > 1)
      })
      await rm(filler)
      expect((await world.ended(run)).view).toMatchObject({
        status: 'completed',
        output: [large.length, large.length],
      })
    },
    limit,
  )
})
