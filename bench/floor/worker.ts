import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { readConfig } from '../../shared/config.ts'
import { openAssets } from '../../storage/assets/assets.ts'
import { openDatabase } from '../../storage/sql/database.ts'
import { createLetterActivities } from './activities.ts'
import { floorQueue } from './orders.ts'
import { createTalkActivities } from './talk-activities.ts'

const config = readConfig()
const logger = new DefaultLogger('WARN')
Runtime.install({ shutdownSignals: [], logger })
const db = openDatabase(config.DATABASE_URL, 20)
const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS })
const model = { baseUrl: config.OPENAI_BASE_URL ?? '', name: config.OPENAI_MODEL }
const worker = await Worker.create({
  connection,
  namespace: config.TEMPORAL_NAMESPACE,
  taskQueue: floorQueue,
  workflowBundle: await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
    logger,
  }),
  activities: {
    ...createLetterActivities({ db, assets: await openAssets(config.assets), model }),
    ...createTalkActivities({ db, model, ordersUrl: process.env.ORDERS_URL ?? '' }),
  },
  // As Parley's own worker.
  maxHeartbeatThrottleInterval: '500ms',
  defaultHeartbeatThrottleInterval: '500ms',
  shutdownGraceTime: '15s',
  shutdownForceTime: '22s',
  stickyQueueScheduleToStartTimeout: '5s',
})
process.on('SIGTERM', () => worker.shutdown())
process.stdout.write('{"ready":true}\n')
await worker.run()
await connection.close()
await db.$client.end()
