import type { Contender } from './contenders.ts'
import { type Batch, rideBatch } from './drive.ts'
import { median, percentile } from './figures.ts'
import type { Size } from './order.ts'
import type { Statuses } from './statuses.ts'

/** One of the two sides that are compared. */
export interface Side {
  contender: Contender
  statuses: Statuses
  workerPid: number
}

export interface Comparison {
  ours: Summary
  floor: Summary
  /** Medians over the rounds of ours ÷ floor, so that a slow minute of the machine counts once, and on both sides. */
  ratio: { latency: number; throughput: number; cpu: number }
}

export interface Summary {
  p50: number
  p95: number
  runsPerSecond: number
  cpuPerStep: number
}

const warmUpRuns = 8

/** Both sides in turn, A B, B A, …, after a warm-up of each. */
export async function compare(
  sides: { ours: Side; floor: Side },
  { rounds, runs, atOnce }: Size,
  say: (line: string) => void,
): Promise<Comparison> {
  const warmUp = { runs: Math.min(warmUpRuns, runs), atOnce }
  for (const side of [sides.ours, sides.floor]) await rideBatch(side, warmUp)
  const ours: Batch[] = []
  const floor: Batch[] = []
  for (let round = 0; round < rounds; round++) {
    const turn = [
      async () => ours.push(await rideBatch(sides.ours, { runs, atOnce })),
      async () => floor.push(await rideBatch(sides.floor, { runs, atOnce })),
    ]
    for (const take of round % 2 === 0 ? turn : turn.reverse()) await take()
    say(`  ${atOnce} at a time: round ${round + 1} of ${rounds}`)
  }
  const over = (figure: (batch: Batch) => number) =>
    median(ours.map((batch, round) => figure(batch) / figure(floor[round] as Batch)))
  return {
    ours: summaryOf(ours),
    floor: summaryOf(floor),
    ratio: {
      latency: over(({ latencies }) => median(latencies)),
      throughput: over(({ runsPerSecond }) => runsPerSecond),
      cpu: over(({ cpuPerStep }) => cpuPerStep),
    },
  }
}

function summaryOf(batches: readonly Batch[]): Summary {
  const latencies = batches.flatMap((batch) => batch.latencies)
  return {
    p50: median(latencies),
    p95: percentile(latencies, 95),
    runsPerSecond: median(batches.map((batch) => batch.runsPerSecond)),
    cpuPerStep: median(batches.map((batch) => batch.cpuPerStep)),
  }
}
