import { cpuOf } from './process-use.ts'
import type { Batch, Side } from './rounds.ts'

/**
 * So many rides, so many at a time. A ride gives how long each thing in it took, in milliseconds; `weight` is how many
 * things of the worker's processor time there are in one of those.
 */
export const takeBatch =
  (workerPid: number, ride: () => Promise<number[]>, weight = 1): Side =>
  async ({ runs, atOnce }): Promise<Batch> => {
    const latencies: number[] = []
    const firsts: number[] = []
    let left = runs
    const lane = async () => {
      while (left-- > 0) {
        const taken = await ride()
        latencies.push(...taken)
        firsts.push(...taken.slice(0, 1))
      }
    }
    const cpuBefore = cpuOf(workerPid)
    const began = performance.now()
    await Promise.all(Array.from({ length: Math.min(atOnce, runs) }, lane))
    const took = performance.now() - began
    return {
      latencies,
      firsts,
      perSecond: (latencies.length * 1_000) / took,
      cpu: (cpuOf(workerPid) - cpuBefore) / (latencies.length * weight),
    }
  }
