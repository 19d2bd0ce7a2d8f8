import { Client, Connection } from '@temporalio/client'
import { Children } from '../../local/children.ts'
import { claimDataFolder } from '../../local/data-folder.ts'
import { freePort } from '../../local/ports.ts'
import { startTemporal, temporalDbFile } from '../../local/temporal.ts'
import { sharedGround } from '../harness/shared-ground.ts'
import { tempFolder } from '../harness/temp-folder.ts'
import { until } from '../harness/until.ts'

test('Temporal killed with SIGKILL comes back by itself with its running runs', async () => {
  const temp = tempFolder()
  const folder = claimDataFolder(temp.path, { api: 'test' })
  const said: string[] = []
  const children = new Children(folder, { say: (line) => said.push(line) })
  try {
    const { temporalCli: cli } = sharedGround()
    const server = {
      cli,
      dbFile: temporalDbFile(temp.path),
      port: await freePort(),
      uiPort: await freePort(),
    }
    const { address, uiUrl, child } = await startTemporal(children, server)
    expect((await fetch(uiUrl!)).status).toBe(200)
    await withClient(address, (client) =>
      client.workflow.start('any', { taskQueue: 'nobody', workflowId: 'waiting' }),
    )

    process.kill(child.pid!, 'SIGKILL')
    await until('Temporal to be back', () => said.includes('temporal is back.'))
    const run = await withClient(address, (client) => client.workflow.getHandle('waiting').describe())
    expect(run.status.name).toBe('RUNNING')
  } finally {
    await children.stop()
    folder.release()
    temp.remove()
  }
})

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address })
  try {
    return await use(new Client({ connection }))
  } finally {
    await connection.close()
  }
}
