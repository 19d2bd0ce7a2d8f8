import { type Figure, isMet, median, percentile, tableOf } from '../../bench/figures.ts'
import { readOrder } from '../../bench/read-order.ts'
import { mustBeTheSame } from '../../bench/read-work.ts'

it('medians and percentiles are by nearest rank', () => {
  expect(median([5, 1, 3])).toBe(3)
  expect(percentile([4, 1, 3, 2], 95)).toBe(4)
  expect(percentile([4, 1, 3, 2], 50)).toBe(2)
})

it('a target may be an upper or a lower bound, of the ratio or of the figure itself', () => {
  const figures: Figure[] = [
    { name: 'p50', ours: '12 ms', against: '10 ms', value: 1.2, target: { most: 1.25 } },
    { name: 'runs', ours: '7.0/s', against: '10.0/s', value: 0.7, target: { least: 0.8 } },
    { name: 'wake', ours: '3000 ms', value: 3_000, target: { most: 2_000, unit: 'ms' } },
    { name: 'cached', ours: '2000' },
  ]
  expect(figures.map(isMet)).toEqual([true, false, false, undefined])
  expect(tableOf(figures).split('\n')).toEqual([
    '| figure | Parley | against | ratio | target |  |',
    '| --- | --- | --- | --- | --- | --- |',
    '| p50 | 12 ms | 10 ms | 1.20 | ≤ 1.25 | ok |',
    '| runs | 7.0/s | 10.0/s | 0.70 | ≥ 0.8 | missed |',
    '| wake | 3000 ms |  |  | ≤ 2000 ms | missed |',
    '| cached | 2000 |  |  |  |  |',
  ])
})

it('the command line picks parts and sizes, and says what it takes', () => {
  expect(readOrder([])).toMatchObject({
    only: ['guided', 'turn', 'session', 'live', 'tuned', 'waiting', 'knowledge'],
    waiting: { runs: 10_000, wakes: 300 },
    session: { messages: 3_000, compared: 100 },
  })
  expect(readOrder(['--only', 'tuned, waiting', '--waiting', '40', '--short'])).toMatchObject({
    only: ['tuned', 'waiting'],
    waiting: { runs: 40, wakes: 40 },
  })
  expect(readOrder(['--messages', '60'])).toMatchObject({ session: { messages: 60, compared: 30 } })
  expect(() => readOrder(['--only', 'fast'])).toThrow('--only takes guided, turn, session, live, tuned')
  expect(() => readOrder(['--messages', '1'])).toThrow('--messages takes a number of messages')
  expect(() => readOrder(['--waiting', 'many'])).toThrow('--waiting takes a number of runs')
  expect(() => readOrder(['--waiting', '1'])).toThrow('--waiting takes a number of runs')
})

it('a floor that does other work is no floor', () => {
  const work = ['stepStarted topic:started', 'requests: 2']
  expect(() => mustBeTheSame(work, work)).not.toThrow()
  expect(() => mustBeTheSame(work, ['stepStarted topic:started'])).toThrow(
    'Line 2: Parley has “requests: 2”, it has “nothing”',
  )
})
