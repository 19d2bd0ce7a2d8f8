import { measureGuided } from '../../bench/parts/guided.ts'
import { closeAll } from '../../bench/place.ts'
import { tiny } from './tiny.ts'

afterAll(() => closeAll())

it('the guided run and the hand-written one do the same work, and each figure of them is measured', async () => {
  const { order, said } = await tiny()
  const figures = await measureGuided(order)
  expect(said).toEqual([
    '  1 at a time: warmed up by 1 of each',
    '  1 at a time: round 1 of 1',
    '  2 at a time: warmed up by 2 of each',
    '  2 at a time: round 1 of 1',
  ])
  const named = new Map(figures.map((figure) => [figure.name, figure]))
  for (const atOnce of [1, 2])
    for (const what of ['p50', 'p95', 'runs', "worker's processor time for a step"])
      expect(named.get(`guided run, ${atOnce} at a time: ${what}`)?.value).toBeGreaterThan(0)
  const events = named.get('history events of a run')
  expect(Number(events?.ours)).toBeGreaterThan(50)
  expect(events?.value).toBeLessThanOrEqual(1.3)
  expect(named.get('history events for each step that uses an activity')?.value).toBeLessThanOrEqual(12)
}, 120_000)
