import { randomUUID } from 'node:crypto'
import type { Contender } from './contenders.ts'
import { stepsPerRun } from './guided.ts'
import type { Side } from './rounds.ts'
import type { Statuses } from './statuses.ts'
import { takeBatch } from './take-batch.ts'

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

/** A contender with the process that does its work, as one side of a comparison. */
export const sideOf = (contender: Contender, statuses: Statuses, workerPid: number): Side =>
  takeBatch(workerPid, async () => [await ride(contender, statuses, randomUUID())], stepsPerRun)
