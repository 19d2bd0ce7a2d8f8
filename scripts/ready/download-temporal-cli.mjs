// Run by temporal-cli.mjs in a process of its own: the SDK's download has no time limit and cannot be cancelled.
// It fetches the CLI by starting a dev server with it once.
import { TestWorkflowEnvironment } from '@temporalio/testing'

const [downloadDir, version] = process.argv.slice(2)
const executable = { type: 'cached-download', downloadDir, version }
const environment = await TestWorkflowEnvironment.createLocal({ server: { executable } })
await environment.teardown()
process.exit(0)
