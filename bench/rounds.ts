import { median, percentile } from './figures.ts'
import type { Size } from './order.ts'

/** Some runs or turns of one contender, one after the other or so many at a time. */
export interface Batch {
  /** Of each, in milliseconds, from the call that starts it to the moment its end could be seen. */
  latencies: number[]
  /** The first of each ride: a conversation's first turn begins it. */
  firsts: number[]
  perSecond: number
  /** Milliseconds of the worker's processor time for each step, or for each turn. */
  cpu: number
}

/** One of those that are compared: takes a batch. */
export type Side = (size: Pick<Size, 'runs' | 'atOnce'>) => Promise<Batch>

export interface Summary {
  p50: number
  p95: number
  /** The median of what came first in each ride. */
  first: number
  perSecond: number
  cpu: number
}

/** What ours is measured against, and ours ÷ that: medians over the rounds, so that a slow minute of the machine counts once, and on all sides. */
export interface Against extends Summary {
  ratio: { latency: number; first: number; throughput: number; cpu: number }
}

/** So many at a time while nothing is measured yet. */
const warmUpAtOnce = 32

/** All sides in turn, A B C, B C A, …, after a warm-up of each. */
export async function compare<Name extends string>(
  ours: Side,
  others: Record<Name, Side>,
  { warmUp, rounds, runs, atOnce }: Size,
  say: (line: string) => void,
): Promise<{ ours: Summary } & Record<Name, Against>> {
  const sides = [ours, ...Object.values<Side>(others)]
  for (const take of sides) await take({ runs: warmUp, atOnce: warmUpAtOnce })
  say(`  ${atOnce} at a time: warmed up by ${warmUp} of each`)
  const taken = sides.map(() => [] as Batch[])
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < sides.length; turn++) {
      const at = (round + turn) % sides.length
      taken[at]?.push(await (sides[at] as Side)({ runs, atOnce }))
    }
    say(`  ${atOnce} at a time: round ${round + 1} of ${rounds}`)
  }
  const [own = [], ...against] = taken
  const names = Object.keys(others) as Name[]
  return {
    ours: summaryOf(own),
    ...Object.fromEntries(names.map((name, at) => [name, ratiosOf(own, against[at] ?? [])])),
  } as { ours: Summary } & Record<Name, Against>
}

function ratiosOf(ours: readonly Batch[], other: readonly Batch[]): Against {
  const over = (figure: (batch: Batch) => number) =>
    median(ours.map((batch, round) => figure(batch) / figure(other[round] as Batch)))
  return {
    ...summaryOf(other),
    ratio: {
      latency: over(({ latencies }) => median(latencies)),
      first: over(({ firsts }) => median(firsts)),
      throughput: over(({ perSecond }) => perSecond),
      cpu: over(({ cpu }) => cpu),
    },
  }
}

function summaryOf(batches: readonly Batch[]): Summary {
  const latencies = batches.flatMap((batch) => batch.latencies)
  return {
    p50: median(latencies),
    p95: percentile(latencies, 95),
    first: median(batches.flatMap((batch) => batch.firsts)),
    perSecond: median(batches.map((batch) => batch.perSecond)),
    cpu: median(batches.map((batch) => batch.cpu)),
  }
}
