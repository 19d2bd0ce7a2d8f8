import type { PartOrder } from '../../bench/order.ts'
import { temporalCli } from '../harness/temporal-cli.ts'

/** A part of the bench in its smallest size: for its shape, since its times mean nothing here. */
export async function tiny(): Promise<{ order: PartOrder; said: string[] }> {
  const said: string[] = []
  const order: PartOrder = {
    temporalCli: await temporalCli(),
    alone: { warmUp: 1, rounds: 1, runs: 1, atOnce: 1 },
    crowd: { warmUp: 2, rounds: 1, runs: 2, atOnce: 2 },
    waiting: { runs: 0, wakes: 0, wakesPerSecond: 1 },
    session: { messages: 4, compared: 2 },
    live: { firstWords: 2, cancels: 2 },
    say: (line) => said.push(line),
  }
  return { order, said }
}
