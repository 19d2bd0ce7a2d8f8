import { randomUUID } from 'node:crypto'
import type { Contender } from './contenders.ts'
import { stepsPerRun } from './guided.ts'
import { cpuOf } from './process-use.ts'
import type { Statuses } from './statuses.ts'

/** Some runs of one contender, one after the other or so many at a time. */
export interface Batch {
  /** Of each run, in milliseconds, from the start call to the moment its end could be seen. */
  latencies: number[]
  runsPerSecond: number
  /** Milliseconds of the worker's processor time for each step. */
  cpuPerStep: number
}

/** Takes a run through to its end, answering at once. Gives how long it took, in milliseconds. */
async function ride(contender: Contender, statuses: Statuses, instanceUuid: string): Promise<number> {
  const began = performance.now()
  await Promise.all([statuses.reached(instanceUuid, 'waiting'), contender.start(instanceUuid)])
  await contender.answer(instanceUuid)
  await statuses.reached(instanceUuid, 'running')
  await statuses.reached(instanceUuid, 'waiting')
  await contender.decide(instanceUuid)
  await statuses.reached(instanceUuid, 'completed')
  statuses.forget(instanceUuid)
  return performance.now() - began
}

/** Runs one run, for what can be read of it afterwards. */
export async function rideOnce(contender: Contender, statuses: Statuses): Promise<string> {
  const instanceUuid = randomUUID()
  await ride(contender, statuses, instanceUuid)
  return instanceUuid
}

export async function rideBatch(
  { contender, statuses, workerPid }: { contender: Contender; statuses: Statuses; workerPid: number },
  { runs, atOnce }: { runs: number; atOnce: number },
): Promise<Batch> {
  const latencies: number[] = []
  let left = runs
  const lane = async () => {
    while (left-- > 0) latencies.push(await ride(contender, statuses, randomUUID()))
  }
  const cpuBefore = cpuOf(workerPid)
  const began = performance.now()
  await Promise.all(Array.from({ length: Math.min(atOnce, runs) }, lane))
  const took = performance.now() - began
  return {
    latencies,
    runsPerSecond: (runs * 1_000) / took,
    cpuPerStep: (cpuOf(workerPid) - cpuBefore) / (runs * stepsPerRun),
  }
}
