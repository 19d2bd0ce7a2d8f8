import { readdir, readFile } from 'node:fs/promises'
import { temporal } from '@temporalio/proto'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { bundleWorkflows } from '../../workers/workflow-bundle.ts'

const { History } = temporal.api.history.v1
const folder = new URL('../histories/', import.meta.url)

/** A live run whose history does not replay stands still for ever: see `save-histories.test.ts` for what to do then. */
it('every saved history of a real run replays on the workflows of today', async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => {}) })
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  expect(names.length).toBeGreaterThanOrEqual(8)
  const histories = await Promise.all(
    names.map(async (workflowId) => ({
      workflowId,
      history: History.fromObject(JSON.parse(await readFile(new URL(workflowId, folder), 'utf8'))),
    })),
  )
  const broken: string[] = []
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle: await bundleWorkflows() },
    histories,
  ))
    if (error) broken.push(`${workflowId}: ${error.message}`)
  expect(broken).toEqual([])
})
