import { randomUUID } from 'node:crypto'
import { createLiveText } from '../../activities/live-text.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { type Listener, listen } from '../../storage/live/notify.ts'
import type { LiveSignal } from '../../storage/live/signal.ts'
import { type Database, openDatabase } from '../../storage/sql/database.ts'
import { type Ground, ground } from '../harness/ground.ts'
import { until } from '../harness/until.ts'

let place: Ground
let db: Database
let listener: Listener
const heard: LiveSignal[] = []
beforeAll(async () => {
  place = await ground()
  db = openDatabase(place.databaseUrl)
  listener = await listen(
    place.databaseUrl,
    (signal) => heard.push(signal),
    () => {},
  )
})
afterAll(async () => {
  await listener.close()
  await db.$client.end()
  await place.drop()
})

/** What a reader has on the screen who follows the rules: by attempt, in order of offset. */
function shown(instanceUuid: string): string {
  let attempt = 0
  let text = ''
  for (const signal of heard) {
    if (
      (signal.t !== 'delta' && signal.t !== 'reset') ||
      signal.instanceUuid !== instanceUuid ||
      signal.attempt < attempt
    )
      continue
    if (signal.attempt > attempt) text = ''
    attempt = signal.attempt
    if (signal.t === 'delta') {
      expect(signal.offset).toBe(text.length)
      text += signal.text
    }
  }
  return text
}

const write = (attempt = 1) => {
  const instanceUuid = randomUUID()
  return { instanceUuid, live: createLiveText(db, { instanceUuid } as RunRef, 'd', attempt) }
}

it('a text that comes in pieces is shown whole, the first piece at once', async () => {
  const { instanceUuid, live } = write()
  live.write('Dear ')
  await until('the first piece', () => shown(instanceUuid) === 'Dear ')
  for (const piece of ['Ka', 'ri', ', ', 'hello.']) live.write(piece)
  await live.flush()
  await until('all of it', () => shown(instanceUuid) === 'Dear Kari, hello.')
  // What came together went together.
  expect(
    heard.filter((one) => one.t === 'delta' && one.instanceUuid === instanceUuid).length,
  ).toBeLessThanOrEqual(3)
})

it('a long piece, emoji and what no database can hold come through PostgreSQL’s 8,000 bytes', async () => {
  const { instanceUuid, live } = write()
  const text = `${'😀'.repeat(3_000)}\u0000${'ø'.repeat(5_000)}`
  live.write(text)
  await live.flush()
  await until('all of it', () => shown(instanceUuid) === text)
})

it('a reset makes void what was shown, also what was still waiting to be sent', async () => {
  const { instanceUuid, live } = write()
  live.write('wrong ')
  live.write('and more')
  await live.reset()
  live.write('right')
  await live.flush()
  await until('the right text', () => shown(instanceUuid) === 'right')
})

it('an older attempt that still writes is told apart by its number', async () => {
  const instanceUuid = randomUUID()
  const first = createLiveText(db, { instanceUuid } as RunRef, 'd', 1)
  const second = createLiveText(db, { instanceUuid } as RunRef, 'd', 2)
  first.write('old ')
  await first.flush()
  await second.reset()
  second.write('new')
  await second.flush()
  first.write('older still')
  await first.flush()
  await until('both', () => JSON.stringify(heard).includes('older still'))
  expect(shown(instanceUuid)).toBe('new')
})

it('an image that a model writes is shown as a link from its first letter on', async () => {
  const instanceUuid = randomUUID()
  const live = createLiveText(db, { instanceUuid } as RunRef, 'd', 1)
  for (const piece of ['Here !', '[', 'pixel](http', '://evil.example/?q=1)', ' is it!']) live.write(piece)
  await live.flush()
  await until('the text', () => shown(instanceUuid).endsWith('it!'))
  expect(shown(instanceUuid)).toBe('Here [pixel](http://evil.example/?q=1) is it!')
})
