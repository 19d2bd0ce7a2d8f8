import { measureLive } from '../../bench/parts/live.ts'
import { measureSession } from '../../bench/parts/session.ts'
import { measureTurn } from '../../bench/parts/turn.ts'
import { closeAll } from '../../bench/place.ts'
import { tiny } from './tiny.ts'

afterEach(() => closeAll())

it('a turn and the hand-written ones leave the same behind, and each figure of them is measured', async () => {
  const { order, said } = await tiny()
  const figures = await measureTurn(order)
  expect(said).toEqual([
    '  1 at a time: warmed up by 1 of each',
    '  1 at a time: round 1 of 1',
    '  2 at a time: warmed up by 1 of each',
    '  2 at a time: round 1 of 1',
  ])
  const named = new Map(figures.map((figure) => [figure.name, figure]))
  for (const atOnce of [1, 2])
    for (const floor of ['an activity for each call', 'one activity'])
      for (const what of [
        'p50',
        'p95',
        'p50 of the first, which begins the conversation',
        'turns',
        "worker's processor time",
      ])
        expect(named.get(`turn, ${atOnce} at a time, against ${floor}: ${what}`)?.value).toBeGreaterThan(0)
  const events = (against: string) => Number(named.get(`history events of a turn${against}`)?.against)
  expect(events(', against one activity')).toBeGreaterThan(5)
  expect(events(', against an activity for each call')).toBeGreaterThan(events(', against one activity') + 10)
  // A turn costs a little more than the one activity of a hand-written one; an activity more would show.
  expect(named.get('history events of a turn')?.value).toBeLessThanOrEqual(26)
}, 120_000)

it('a conversation is measured from its first message to its last, and none is without a reply', async () => {
  const { order } = await tiny()
  const named = new Map((await measureSession(order)).map((figure) => [figure.name, figure]))
  const of = (what: string) => named.get(what)
  expect(of('conversation of 4 messages: mean of the last 2, against the first 2')?.value).toBeGreaterThan(0)
  expect(of('the same: messages without a reply in the journal')?.value).toBe(0)
}, 120_000)

it('first words are read over HTTP, and cancelled turns close the connection to the model', async () => {
  const { order, said } = await tiny()
  const figures = await measureLive(order)
  expect(said).toEqual(['  2 first words read', '  2 turns cancelled'])
  expect(figures.map(({ target }) => target !== undefined)).toEqual([true, false, false, true])
  for (const { value } of figures) if (value !== undefined) expect(value).toBeGreaterThan(0)
}, 120_000)
