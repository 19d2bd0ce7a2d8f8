import { bytesOf } from '../../shared/temporal/payload-size.ts'
import { SessionLedger } from '../../workflows/session-ledger.ts'

const entry = (key: string) =>
  ({ event: 'messageRemoved', key, messageId: key, at: '2026-01-01T00:00:00.000Z' }) as const

/** A ledger that owes something, and writes that end when they are told to. */
function owing(...keys: string[]) {
  const ledger = new SessionLedger()
  for (const key of keys) ledger.add(entry(key))
  const write = (most?: number) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let carried: string[] = []
    const done = ledger.with((entries) => {
      carried = entries.map(({ key }) => key)
      return promise
    }, most)
    return {
      carried,
      succeed: () => {
        resolve()
        return done
      },
      fail: () => {
        reject(new Error('lost'))
        return done.catch(() => {})
      },
    }
  }
  return { ledger, write }
}

it('what is owed is owed until a write that has it is done', async () => {
  const { ledger, write } = owing('a', 'b')
  expect(ledger.isWaiting).toBe(true)
  const one = write()
  expect([one.carried, ledger.isWaiting, ledger.isEmpty]).toEqual([['a', 'b'], false, false])
  await one.fail()
  expect(ledger.isWaiting).toBe(true)
  await write().succeed()
  expect([ledger.isWaiting, ledger.isEmpty]).toEqual([false, true])
})

it('a write that begins meanwhile takes along what is on its way, in the order in which it happened', async () => {
  const { ledger, write } = owing('a')
  const one = write()
  ledger.add(entry('b'))
  expect(ledger.isWaiting).toBe(true)
  const two = write()
  expect(two.carried).toEqual(['a', 'b'])
  await two.succeed()
  expect(ledger.isEmpty).toBe(true)
  ledger.add(entry('c'))
  await one.fail()
  expect(write().carried).toEqual(['c'])
})

it('what nobody has to be told is dropped, but for what is on its way', async () => {
  const { ledger, write } = owing('a')
  const one = write()
  ledger.add(entry('b'))
  ledger.drop(new Set(['a', 'b']))
  expect(ledger.isWaiting).toBe(false)
  await one.fail()
  expect(write().carried).toEqual(['a'])
})

it('what is too much for one write goes in several, one entry at least in each', async () => {
  const { write } = owing('a', 'b', 'c')
  const two = bytesOf(entry('a')) * 2
  const one = write(two)
  expect(one.carried).toEqual(['a', 'b'])
  await one.succeed()
  expect(write(1).carried).toEqual(['c'])
})

it('what may pass by itself is told apart from what has to be told', async () => {
  const { ledger, write } = owing()
  ledger.add(entry('waits'), { mayPass: true })
  expect([ledger.isWaiting, ledger.mayPass]).toEqual([true, true])
  ledger.add(entry('removed'))
  expect(ledger.mayPass).toBe(false)
  const one = write()
  ledger.add(entry('waits too'), { mayPass: true })
  expect([one.carried, ledger.mayPass]).toEqual([['waits', 'removed'], true])
  await one.succeed()
  ledger.drop(new Set(['waits too']))
  expect(ledger.isEmpty).toBe(true)
})
