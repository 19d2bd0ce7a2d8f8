import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { Children } from '../../local/children.ts'
import { claimDataFolder, type DataFolder } from '../../local/data-folder.ts'
import { freePort } from '../../local/ports.ts'
import { startPostgres } from '../../local/postgres.ts'
import { tempFolder } from '../harness/temp-folder.ts'
import { until } from '../harness/until.ts'

let temp: ReturnType<typeof tempFolder>
let folder: DataFolder
let port: number
const started: Children[] = []
beforeEach(async () => {
  temp = tempFolder()
  folder = claimDataFolder(temp.path, { api: 'test' })
  port = await freePort()
})
afterEach(async () => {
  for (const children of started.splice(0)) await children.stop()
  folder.release()
  temp.remove()
})

const begin = ({ restart = false, said = [] as string[] } = {}) => {
  const children = new Children(folder, { restart, say: (line) => said.push(line) })
  started.push(children)
  return startPostgres(children, { folder: join(temp.path, 'postgres'), port })
}

test('PostgreSQL killed with SIGKILL comes back by itself with what was committed', async () => {
  const said: string[] = []
  const { databaseUrl, child } = await begin({ restart: true, said })
  await query(databaseUrl, 'CREATE TABLE kept AS SELECT 42 AS answer')
  process.kill(child.pid!, 'SIGKILL')
  await until('PostgreSQL to be back', () => said.includes('postgres is back.'))
  expect(await query(databaseUrl, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
})

test('a PostgreSQL that outlived a killed start is ended, and its data are taken on', async () => {
  const orphan = await begin()
  await query(orphan.databaseUrl, 'CREATE TABLE kept AS SELECT 42 AS answer')
  const { databaseUrl, child } = await begin()
  expect(orphan.child.pid).toBeUndefined()
  expect(child.pid).toBeDefined()
  expect(await query(databaseUrl, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
})

test('a pid file whose number went to another program does not keep PostgreSQL from starting', async () => {
  await begin()
  await started[0]!.stop()
  const pidFile = join(temp.path, 'postgres', 'data', 'postmaster.pid')
  writeFileSync(pidFile, `${process.ppid}\n${join(temp.path, 'postgres', 'data')}\n1\n${port}\n\n127.0.0.1\n`)
  const socket = join(temp.path, 'postgres', `.s.PGSQL.${port}`)
  writeFileSync(`${socket}.lock`, readFileSync(pidFile))
  const { socketUrl } = await begin()
  expect(readFileSync(pidFile, 'utf8')).not.toContain(`${process.ppid}\n`)
  expect(await query(socketUrl, 'SELECT inet_server_addr() AS address')).toEqual([{ address: null }])
})

test('where the path to the data is too long for a socket, programs come over loopback', async () => {
  const children = new Children(folder, { restart: false })
  started.push(children)
  const deep = join(temp.path, 'a'.repeat(90), 'postgres')
  const { socketUrl, databaseUrl } = await startPostgres(children, { folder: deep, port })
  expect(socketUrl).toBe(databaseUrl)
  expect(await query(socketUrl, 'SELECT 42 AS answer')).toEqual([{ answer: 42 }])
})

test('only loopback is listened to, and only with the password', async () => {
  const { databaseUrl, socketUrl } = await begin()
  expect(await query(databaseUrl, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
  for (const url of [databaseUrl, socketUrl]) {
    const withoutPassword = url.replace(/:[^:@]+@/, ':wrong@')
    await expect(query(withoutPassword, 'SELECT 1')).rejects.toThrow('password authentication failed')
  }
})

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  client.on('error', () => {})
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
