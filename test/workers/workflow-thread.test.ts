import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker'
import { ThreadedWorker } from '../../workers/threaded-worker.ts'
import { type Ground, ground } from '../harness/ground.ts'
import { until } from '../harness/until.ts'

const logger = new DefaultLogger('ERROR', () => {})
const taskQueue = 'threads'
// Five seconds by default. The SDK knows it, but does not name it among its options.
const limit = { isolateExecutionTimeout: '200ms' }
let place: Ground
let client: Client
let connection: NativeConnection
let worker: ThreadedWorker
let running: Promise<void>

beforeAll(async () => {
  Runtime.install({ logger })
  place = await ground()
  const { temporalAddress: address, namespace } = place
  connection = await NativeConnection.connect({ address })
  client = new Client({ connection: await Connection.connect({ address }), namespace })
  const workflowsPath = fileURLToPath(new URL('../harness/endless.ts', import.meta.url))
  worker = await ThreadedWorker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: await bundleWorkflowCode({ workflowsPath, logger }),
    ...limit,
  })
  running = worker.run()
})

afterAll(async () => {
  worker.shutdown()
  await running
  await client.connection.close()
  await connection.close()
  await place.drop()
})

const start = (type: string) => client.workflow.start(type, { taskQueue, workflowId: randomUUID() })

/** What the first task that failed is said to have failed with. */
const failureOf = (handle: WorkflowHandle) =>
  until('a task that failed', async () => {
    const { events } = await handle.fetchHistory()
    return events?.find((event) => event.workflowTaskFailedEventAttributes)?.workflowTaskFailedEventAttributes
      ?.failure?.message
  })

it.each(['spin', 'wait'])('a task without an end (%s) is stopped, and the others go on', async (type) => {
  const endless = await start(type)
  expect(await failureOf(endless)).toBe('Script execution timed out after 200ms')
  expect(await (await start('end')).result()).toBe('over')
  await endless.terminate()
})

it('who asks for the stacks of promises hears that there are none', async () => {
  const ended = await start('end')
  await ended.result()
  await expect(ended.query('__stack_trace')).rejects.toThrow('stack traces are not enabled')
})
