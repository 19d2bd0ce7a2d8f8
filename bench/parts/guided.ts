import { embedded } from '../../shared/contract/api/embedded.ts'
import { runWorkflowId } from '../../shared/temporal/names.ts'
import { openDatabase } from '../../storage/sql/database.ts'
import { connectTemporal } from '../connect.ts'
import { handWritten, interpreted } from '../contenders.ts'
import { rideOnce, sideOf } from '../drive.ts'
import { type Figure, ms, perSecond } from '../figures.ts'
import { guided } from '../guided.ts'
import type { PartOrder } from '../order.ts'
import { openPlace } from '../place.ts'
import { publish } from '../publish.ts'
import { mustBeTheSame, readWork } from '../read-work.ts'
import { type Against, compare, type Summary } from '../rounds.ts'
import { followStatuses } from '../statuses.ts'

/** The guided run of ten steps against the hand-written workflow that does the same. */
export async function measureGuided({ temporalCli, alone, crowd, say }: PartOrder): Promise<Figure[]> {
  const place = await openPlace({ temporalCli })
  const db = openDatabase(place.databaseUrl, 2)
  const statuses = await followStatuses(place.databaseUrl)
  const workflowId = await publish(db, guided)
  // The worker first: it makes sure of the search attributes, which the hand-written workflow is started with.
  await place.start('model')
  await place.start('worker')
  await place.start('floor')
  const client = await connectTemporal(place)
  const interpreter = interpreted(client, workflowId)
  const hand = handWritten(client, workflowId)
  const ours = sideOf(interpreter, statuses, place.pid('worker'))
  const floor = sideOf(hand, statuses, place.pid('floor'))
  try {
    const [run, byHand] = [await rideOnce(interpreter, statuses), await rideOnce(hand, statuses)]
    mustBeTheSame(await readWork(db, run), await readWork(db, byHand))
    const typesOf = async (instanceUuid: string): Promise<string[]> => {
      const handle = client.workflow.getHandle(runWorkflowId(embedded.workspaceId, instanceUuid))
      await handle.result()
      const { events } = await handle.fetchHistory()
      return (events ?? []).map((event) =>
        event.activityTaskScheduledEventAttributes ? activityScheduled : '',
      )
    }
    const [history, historyByHand] = [await typesOf(run), await typesOf(byHand)]
    const single = await compare(ours, { floor }, alone, say)
    const many = await compare(ours, { floor }, crowd, say)
    return [
      ...latencies(single, alone.atOnce),
      ...latencies(many, crowd.atOnce),
      {
        name: 'history events of a run',
        ours: `${history.length}`,
        against: `${historyByHand.length}`,
        value: history.length / historyByHand.length,
        target: { most: 1.3 },
      },
      eventsPerActivity(history),
    ]
  } finally {
    await client.connection.close()
    await statuses.close()
    await db.$client.end()
    await place.close()
  }
}

const activityScheduled = 'activity'

/** Everything in the history counts, not just what an activity itself leaves there. */
function eventsPerActivity(history: readonly string[]): Figure {
  const perActivity = history.length / history.filter((type) => type === activityScheduled).length
  return {
    name: 'history events for each step that uses an activity',
    ours: perActivity.toFixed(1),
    value: perActivity,
    target: { most: 12 },
  }
}

function latencies({ ours, floor }: { ours: Summary; floor: Against }, atOnce: number): Figure[] {
  const { ratio } = floor
  const at = `${atOnce} at a time`
  return [
    {
      name: `guided run, ${at}: p50`,
      ours: ms(ours.p50),
      against: ms(floor.p50),
      value: ratio.latency,
      target: { most: 1.25 },
    },
    {
      name: `guided run, ${at}: p95`,
      ours: ms(ours.p95),
      against: ms(floor.p95),
      value: ours.p95 / floor.p95,
    },
    {
      name: `guided run, ${at}: runs`,
      ours: perSecond(ours.perSecond),
      against: perSecond(floor.perSecond),
      value: ratio.throughput,
      target: { least: 0.8 },
    },
    {
      name: `guided run, ${at}: worker's processor time for a step`,
      ours: ms(ours.cpu),
      against: ms(floor.cpu),
      value: ratio.cpu,
    },
  ]
}
