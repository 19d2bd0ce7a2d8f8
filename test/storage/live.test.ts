import { randomUUID } from 'node:crypto'
import { type LiveOrder, openLive, tell } from '../../storage/live/live.ts'
import type { LiveSignal } from '../../storage/live/signal.ts'
import { openDatabase } from '../../storage/sql/database.ts'
import { type Ground, ground } from '../harness/ground.ts'
import { type RedisProcess, redisProcess } from '../harness/redis-process.ts'
import { until } from '../harness/until.ts'

let place: Ground
let redis: RedisProcess
beforeAll(async () => {
  ;[place, redis] = await Promise.all([ground(), redisProcess()])
})
const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
  await redis.back()
})
afterAll(async () => {
  await redis.close()
  await place.drop()
})

/** A process on the live channel, with all it heard. */
async function join(over: Partial<LiveOrder> = {}) {
  const db = openDatabase(place.databaseUrl)
  const heard: LiveSignal[] = []
  const seen = { gaps: 0, changes: [] as boolean[] }
  const live = openLive({
    db,
    databaseUrl: place.databaseUrl,
    redisUrl: redis.url,
    onRedis: (isUp) => seen.changes.push(isUp),
    ...over,
  })
  await live.listen(
    (signal) => heard.push(signal),
    () => {
      seen.gaps += 1
    },
  )
  open.push(async () => {
    await live.close()
    await db.$client.end()
  })
  await until('the channel', () => live.isUp())
  return { db, heard, seen, live }
}

const notice = (userId: string): LiveSignal => ({
  t: 'notice',
  workspaceId: randomUUID(),
  appId: randomUUID(),
  userId,
})
const users = (heard: LiveSignal[]) =>
  heard.map((signal) => (signal.t === 'notice' ? signal.userId : signal.t))
/** What went through PostgreSQL, as somebody hears it who has no Redis. */
const onlyPostgres = { redisUrl: undefined }

test('what one process tells all others hear, once, and by Redis alone', async () => {
  const [one, two, old] = [await join(), await join(), await join(onlyPostgres)]
  for (const name of ['a', 'b', 'c']) await tell(one.db, notice(name))
  await until('all', () => two.heard.length >= 3 && one.heard.length >= 3)
  await tell(old.db, notice('by PostgreSQL'))
  await until('the last', () => [one, two, old].every(({ heard }) => users(heard).includes('by PostgreSQL')))
  expect(users(one.heard)).toEqual(['a', 'b', 'c', 'by PostgreSQL'])
  expect(users(two.heard)).toEqual(['a', 'b', 'c', 'by PostgreSQL'])
  expect(users(old.heard)).toEqual(['by PostgreSQL'])
})

test('a transaction tells after its commit, in order, and nothing when it is rolled back', async () => {
  const [one, two] = [await join(), await join()]
  await one.db.transaction(async (tx) => {
    await tell(tx, notice('first'))
    await tell(tx, notice('second'))
    await tell(one.db, notice('outside'))
    await until('what was told outside', () => two.heard.length > 0)
    expect(users(two.heard)).toEqual(['outside'])
  })
  await expect(
    one.db.transaction(async (tx) => {
      await tell(tx, notice('never'))
      throw new Error('rolled back')
    }),
  ).rejects.toThrow('rolled back')
  await tell(one.db, notice('last'))
  await until('the last', () => users(two.heard).includes('last'))
  expect(users(two.heard)).toEqual(['outside', 'first', 'second', 'last'])
})

test('while Redis is away everything goes through PostgreSQL; it is taken again by itself', async () => {
  const [one, two] = [await join(), await join()]
  redis.kill()
  await until('the loss to be noticed', () => one.seen.changes.at(-1) === false)
  expect(await one.live.isUp()).toBe(false)
  const gaps = two.seen.gaps
  await tell(one.db, notice('without'))
  await one.db.transaction((tx) => tell(tx, notice('committed')))
  await until('both', () => two.heard.length === 2)
  await redis.back()
  await until('Redis', async () => (await one.live.isUp()) && (await two.live.isUp()))
  await until('the readers to be told of the gap', () => two.seen.gaps > gaps)
  const old = await join(onlyPostgres)
  await tell(one.db, notice('again'))
  await until('all', () => two.heard.length === 3)
  expect(users(two.heard)).toEqual(['without', 'committed', 'again'])
  expect(one.seen.changes).toEqual([false, true])
  expect(old.heard).toEqual([])
})

test('a process that starts while Redis is away works, and finds it later', async () => {
  redis.kill()
  const db = openDatabase(place.databaseUrl)
  const heard: LiveSignal[] = []
  const live = openLive({ db, databaseUrl: place.databaseUrl, redisUrl: redis.url })
  await live.listen(
    (signal) => heard.push(signal),
    () => {},
  )
  open.push(async () => {
    await live.close()
    await db.$client.end()
  })
  expect(await live.isUp()).toBe(false)
  await tell(db, notice('without'))
  await until('it', () => heard.length === 1)
  await redis.back()
  await until('Redis', () => live.isUp())
  const other = await join()
  await until('what comes by Redis', async () => {
    await tell(other.db, notice('with'))
    return users(heard).includes('with')
  })
})

test('a Redis that hangs costs a second, once; then everything goes through PostgreSQL', async () => {
  const [one, two] = [await join(), await join()]
  redis.freeze()
  const began = Date.now()
  for (const name of ['a', 'b', 'c']) await tell(one.db, notice(name))
  expect(Date.now() - began).toBeLessThan(2_500)
  await until('all', () => two.heard.length === 3)
  expect(users(two.heard)).toEqual(['a', 'b', 'c'])
  expect(await one.live.isUp()).toBe(false)
})

test('two Parleys on one Redis with different database numbers do not hear each other', async () => {
  const [one, other] = [await join(), await join({ redisUrl: `${redis.url}/1` })]
  await tell(one.db, notice('mine'))
  await tell(other.db, notice('theirs'))
  await until('each its own', () => one.heard.length > 0 && other.heard.length > 0)
  expect([users(one.heard), users(other.heard)]).toEqual([['mine'], ['theirs']])
})

test('a transaction that was committed is not undone by a channel that is gone', async () => {
  const one = await join()
  await one.live.close()
  const result = await one.db.transaction(async (tx) => {
    await tell(tx, notice('a'))
    return 'kept'
  })
  expect(result).toBe('kept')
})

test('how long a signal takes', async () => {
  const measure = async (over: Partial<LiveOrder>) => {
    const one = await join(over)
    const two = await join(over)
    const times: number[] = []
    for (let n = 0; n < 200; n++) {
      const began = performance.now()
      await tell(one.db, notice(`${n}`))
      while (two.heard.length <= n) await new Promise((resolve) => setImmediate(resolve))
      times.push(performance.now() - began)
    }
    const sorted = times.toSorted((a, b) => a - b)
    return { p50: sorted[100] as number, p95: sorted[190] as number }
  }
  const figures = { postgres: await measure(onlyPostgres), redis: await measure({}) }
  process.stdout.write(`live signals, ms: ${JSON.stringify(figures)}\n`)
  // The way to a reader is 20 ms at most, and this is a part of it.
  expect(figures.redis.p50).toBeLessThan(20)
})
