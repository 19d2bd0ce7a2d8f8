// The body of `npm start`: everything Parley needs, on this machine, from nothing but a folder.
import { join } from 'node:path'
import { migrate } from '../storage/sql/migrate.ts'
import { announcement } from './announce.ts'
import { Children } from './children.ts'
import { claimDataFolder, type DataFolder } from './data-folder.ts'
import { endOrphans } from './orphans.ts'
import {
  apiPart,
  modelPart,
  postgresPart,
  requirePorts,
  START_ORDER,
  systemsPart,
  temporalPart,
  workerPart,
} from './parts.ts'
import { readSettings, type Settings } from './settings.ts'
import { StartProblem } from './start-problem.ts'
import { stopOnSignals } from './stop-on-signals.ts'

const since = Date.now()
const say = (line: string) => console.log(line)

try {
  process.umask(0o077) // what we and our children write is for this user alone
  const settings = readSettings(process.env)
  const folder = claimDataFolder(settings.dataDir, { api: `http://localhost:${settings.port}` })
  const children = new Children(folder, { say, startOrder: START_ORDER })
  const stopping = stopOnSignals(children, { say, after: folder.release })
  await startAll(settings, folder, children).catch(async (problem) => {
    if (stopping()) return // it was we who ended what it waited for
    await children.stop()
    throw problem
  })
} catch (problem) {
  const known = problem instanceof StartProblem
  console.error(`\n✗ ${known ? problem.message : ((problem as Error).stack ?? problem)}`)
  if (known) console.error(`\nWhat to do: ${problem.cure}`)
  process.exit(1)
}

async function startAll(settings: Settings, folder: DataFolder, children: Children): Promise<void> {
  const orphans = await endOrphans(folder.run)
  if (orphans.length > 0) say(`Ended what a killed start had left running: ${orphans.join(', ')}.`)
  await requirePorts(settings)

  say('Starting PostgreSQL and Temporal …')
  const [postgres, temporal] = await Promise.all([
    postgresPart(children, settings, folder.path),
    temporalPart(children, settings, folder.path),
  ])
  const foundations = {
    ...process.env,
    ...postgres,
    ...temporal,
    PORT: `${settings.port}`,
    PARLEY_DATA_DIR: folder.path,
  }
  await migrate(postgres.DATABASE_URL)

  say('Starting the worker and the API …')
  const model = await modelPart(children, settings, foundations)
  const systems = await systemsPart(children, foundations)
  const env = { ...foundations, ...model.env, ...systems.env }
  await Promise.all([model.started, systems.started, workerPart(children, env), apiPart(children, env)])
  await publishExamples({
    baseUrl: `http://127.0.0.1:${settings.port}`,
    record: join(folder.path, 'examples.json'),
    systems: systems.address,
  })
  say(announcement(settings, env, { dataFolder: folder.path, seconds: (Date.now() - since) / 1000 }))
}

/** So that there is something to run at once; without them Parley works all the same. */
async function publishExamples(order: { baseUrl: string; record: string; systems: string }): Promise<void> {
  try {
    const examples = await import('../examples/publish.ts')
    await examples.publishExamples(order)
  } catch (problem) {
    say(`The examples could not be published: ${(problem as Error).message}`)
  }
}
