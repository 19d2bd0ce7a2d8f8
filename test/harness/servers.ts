import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { Children } from '../../local/children.ts'
import { claimDataFolder } from '../../local/data-folder.ts'
import { endOrphans } from '../../local/orphans.ts'
import { freePort } from '../../local/ports.ts'
import { startPostgres } from '../../local/postgres.ts'
import { startTemporal, temporalDbFile } from '../../local/temporal.ts'
import { migrate } from '../../storage/sql/migrate.ts'
import { shareGround, TEMPLATE } from './shared-ground.ts'
import { temporalCli } from './temporal-cli.ts'

const PREFIX = 'parley-ground-'
// What Node compiled is kept: tests start and kill our programs hundreds of times.
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/parley/compiled', import.meta.url))
const JUST_MADE_MS = 60_000 // its run may not have locked it yet

let stop: (() => Promise<void>) | undefined

/** Once per `jest` run: one PostgreSQL and one Temporal, which all test files share (see ground.ts). */
export async function startServers(): Promise<void> {
  await sweepKilledRuns()
  process.env.NODE_COMPILE_CACHE ??= COMPILED
  const folder = claimDataFolder(mkdtempSync(join(tmpdir(), PREFIX)), { api: 'tests' })
  const children = new Children(folder, { restart: false, startOrder: ['postgres', 'temporal'] })
  stop = async () => {
    await children.stop()
    folder.release()
    rmSync(folder.path, { recursive: true, force: true })
  }
  process.once('SIGINT', () => process.exit(130)) // Ctrl-C: Jest skips its teardown
  process.once('exit', () => children.kill())

  try {
    const cli = await temporalCli()
    const [postgres, temporal] = await Promise.all([
      startPostgres(children, {
        folder: join(folder.path, 'postgres'),
        port: await freePort(),
        fsync: false,
      }),
      startTemporal(children, { cli, dbFile: temporalDbFile(folder.path), port: await freePort() }),
    ])
    await makeTemplate(postgres.databaseUrl)
    shareGround({ adminUrl: postgres.databaseUrl, temporalAddress: temporal.address, temporalCli: cli })
  } catch (error) {
    await stop()
    throw error
  }
}

export async function stopServers(): Promise<void> {
  await stop?.()
}

async function makeTemplate(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  await client.query(`CREATE DATABASE ${TEMPLATE}`)
  await client.end()
  await migrate(adminUrl.replace(/[^/]+$/, TEMPLATE))
}

/** What a run that was killed left behind; one that still goes on holds the lock of its folder. */
async function sweepKilledRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(PREFIX))) {
    const path = join(tmpdir(), name)
    try {
      if (Date.now() - statSync(path).mtimeMs < JUST_MADE_MS) continue
      const folder = claimDataFolder(path, { api: 'tests' })
      await endOrphans(folder.run)
      folder.release()
      rmSync(path, { recursive: true, force: true })
    } catch {
      // In use, or another user's.
    }
  }
}
