import { readdir, readFile } from 'node:fs/promises'
import { temporal } from '@temporalio/proto'
import { Worker } from '@temporalio/worker'
import { bundleWorkflows } from '../../workers/workflow-bundle.ts'
import { apart } from '../harness/replayer.ts'
import { saveConversations } from './save-conversations.ts'
import { saveHistories } from './save-histories.ts'

const { History } = temporal.api.history.v1
const folder = new URL('../histories/', import.meta.url)

// `PARLEY_SAVE_HISTORIES=1 npx jest test/workflows/replay.test.ts` writes `test/histories/` anew, for a new kind of step.
if (process.env.PARLEY_SAVE_HISTORIES === '1') {
  describe('runs', saveHistories)
  describe('conversations', saveConversations)
}

/**
 * A live run whose history does not replay stands still for ever. When this fails, the change belongs behind
 * `patched()`; the histories stay as they are.
 */
it('every saved history of a real run replays on the workflows of today', async () => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  expect(names.length).toBeGreaterThanOrEqual(9)
  const histories = await Promise.all(
    names.map(async (workflowId) => ({
      workflowId,
      history: History.fromObject(JSON.parse(await readFile(new URL(workflowId, folder), 'utf8'))),
    })),
  )
  const broken: string[] = []
  for await (const { workflowId, error } of Worker.runReplayHistories(
    { workflowBundle: await bundleWorkflows(), ...apart },
    histories,
  ))
    if (error) broken.push(`${workflowId}: ${error.message}`)
  expect(broken).toEqual([])
})
