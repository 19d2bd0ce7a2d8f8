import { readFile } from 'node:fs/promises'
import { temporal } from '@temporalio/proto'
import { bundleWorkflows } from '../../workers/workflow-bundle.ts'
import { createReplayer, type Past, type Replayer } from '../harness/replayer.ts'

const { History } = temporal.api.history.v1

let replayer: Replayer
beforeAll(async () => {
  replayer = createReplayer({ workflowBundle: await bundleWorkflows() })
})
afterAll(() => replayer.close())

/** A history that was saved. */
async function past(): Promise<Past> {
  const file = new URL('../histories/calling.json', import.meta.url)
  return { workflowId: 'saved', history: History.fromObject(JSON.parse(await readFile(file, 'utf8'))) }
}

it('a history that workflow code walks otherwise fails the test, and those after it are replayed', async () => {
  await replayer.replay([await past()])
  const changed = await past()
  const scheduled = changed.history.events?.find((event) => event.activityTaskScheduledEventAttributes)
  const { activityType } = scheduled?.activityTaskScheduledEventAttributes ?? {}
  if (activityType) activityType.name = 'somethingElse'
  await expect(replayer.replay([changed])).rejects.toThrow('saved does not replay')
  await replayer.replay([await past(), await past()])
})
