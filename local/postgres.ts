import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { platform } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import type { Child } from './child.ts'
import type { Children } from './children.ts'
import { type Account, postgresAccount } from './postgres-account.ts'
import { binariesForEveryone, type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts'
import { commandLineOf, endProcess, identityOf } from './process-identity.ts'

const USER = 'parley'
const DATABASE = 'parley'
const NOBODY_PID = 2 ** 30 // above every system's highest process number

export type PostgresOptions = {
  /** Holds the cluster (`data`) and its password; made on the first start. */
  folder: string
  port: number
  /** Off only where the data may be lost with the machine: tests. */
  fsync?: boolean
}

/** Starts a real PostgreSQL on loopback, on the data of earlier starts where there are any. */
export async function startPostgres(
  children: Children,
  { folder, port, fsync = true }: PostgresOptions,
): Promise<{ databaseUrl: string; socketUrl: string; child: Child }> {
  const home = resolve(folder)
  mkdirSync(dirname(home), { recursive: true })
  const account = postgresAccount()
  const packaged = postgresBinaries()
  const binaries = account.canReach(packaged.postgres) ? packaged : binariesForEveryone()
  const data = join(home, 'data')
  const password = passwordOf(home, account)
  if (!existsSync(data)) await initialise(home, binaries, account)
  await clearPredecessor(home)

  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: socketFolder(home) ?? '',
    fsync: fsync ? 'on' : 'off',
    synchronous_commit: fsync ? 'on' : 'off',
    full_page_writes: fsync ? 'on' : 'off',
    max_connections: 200, // API, workers and every test file have pools of their own
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const connection = { user: USER, password, host: '127.0.0.1', port, connectionTimeoutMillis: 2_000 }
  const child = await children.start({
    name: 'postgres',
    ...account.run(binaries.postgres, ['-D', data, ...flags], dirname(home)),
    env: { ...process.env, LC_ALL: 'C' },
    isReady: () => answers(connection),
    startWithinMs: 120_000, // after a crash it first repeats its log
    startRetries: 5, // the predecessor's last sessions may still be ending
    stopSignal: 'SIGINT', // PostgreSQL's "fast": ends the sessions, then writes everything down
    stopWithinMs: 20_000,
  })
  await createDatabase(connection)
  const databaseUrl = `postgresql://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`
  const socket = socketFolder(home)
  return {
    databaseUrl,
    socketUrl: socket ? `${databaseUrl}?${new URLSearchParams({ host: socket })}` : databaseUrl,
    child,
  }
}

/** Characters that the path of a socket may have on every system, with the name that PostgreSQL gives it. */
const longestSocketPath = 90

/** Where programs of this machine reach it without a network: half the work for both sides. */
const socketFolder = (home: string): string | undefined =>
  platform() === 'win32' || home.includes(',') || home.length > longestSocketPath ? undefined : home

function passwordOf(home: string, { uid, gid }: Account): string {
  const file = join(home, 'password')
  if (!existsSync(file)) {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 })
    if (uid !== undefined && gid !== undefined) for (const path of [home, file]) chownSync(path, uid, gid)
  }
  return readFileSync(file, 'utf8').trim()
}

/** Makes the cluster beside its place and renames it there: one that was cut off half made is never started. */
async function initialise(home: string, { initdb }: PostgresBinaries, account: Account): Promise<void> {
  const fresh = join(home, 'data.new')
  rmSync(fresh, { recursive: true, force: true })
  const flags = [
    `--pgdata=${fresh}`,
    `--username=${USER}`,
    `--pwfile=${join(home, 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Built in, so that sorting does not depend on what the machine has installed, today or after an upgrade.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]
  const { command, args, ...as } = account.run(initdb, flags, dirname(home))
  await promisify(execFile)(command, args, { ...as, cwd: home, env: { ...process.env, LC_ALL: 'C' } })
  chmodSync(fresh, 0o700)
  renameSync(fresh, join(home, 'data'))
}

/** After a kill -9 of everything above it, a server may still run on this data, or its pid file may name a stranger. */
async function clearPredecessor(home: string): Promise<void> {
  const data = join(home, 'data')
  const pidFile = join(data, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const [firstLine = '', ...rest] = readFileSync(pidFile, 'utf8').split('\n')
  const pid = Number(firstLine)
  const identity = identityOf(pid)
  if (!identity) return // PostgreSQL sees by itself that it is gone
  if (commandLineOf(pid).includes(data))
    return endProcess(pid, identity, { signal: 'SIGINT', withinMs: 10_000 })
  // The number went to another program, at which PostgreSQL would refuse to start. Only the number is changed: the rest
  // names the shared memory, by which it sees whether sessions of a killed server are still writing.
  writeFileSync(pidFile, [NOBODY_PID, ...rest].join('\n'))
  for (const file of readdirSync(home)) if (file.startsWith('.s.PGSQL.')) rmSync(join(home, file))
}

async function answers(connection: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client({ ...connection, database: 'postgres' })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false // not yet listening, or still recovering
  } finally {
    await client.end().catch(() => {})
  }
}

async function createDatabase(connection: pg.ClientConfig): Promise<void> {
  const client = new pg.Client({ ...connection, database: 'postgres' })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE])
    if (!rowCount) await client.query(`CREATE DATABASE ${DATABASE}`)
  } finally {
    await client.end()
  }
}
