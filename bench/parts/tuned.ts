import { openDatabase } from '../../storage/sql/database.ts'
import { connectTemporal } from '../connect.ts'
import { interpreted } from '../contenders.ts'
import { sideOf } from '../drive.ts'
import { type Figure, ms } from '../figures.ts'
import { guided } from '../guided.ts'
import type { PartOrder } from '../order.ts'
import { openPlace } from '../place.ts'
import { publish } from '../publish.ts'
import { compare, type Side } from '../rounds.ts'
import { followStatuses } from '../statuses.ts'

/** The embedded Temporal as Parley starts it against the same server as it comes: the same run on both. */
export async function measureTuned({ temporalCli, alone, say }: PartOrder): Promise<Figure[]> {
  const [tuned, stock] = [await openSide(temporalCli, true), await openSide(temporalCli, false)]
  try {
    // The code is the same on both sides.
    const { ours, floor } = await compare(tuned.side, { floor: stock.side }, { ...alone, warmUp: 32 }, say)
    return [
      {
        name: 'embedded Temporal, tuned against stock: p50 of the guided run',
        ours: ms(ours.p50),
        against: ms(floor.p50),
        value: floor.ratio.latency,
      },
    ]
  } finally {
    await tuned.close()
    await stock.close()
  }
}

/** A Parley of its own, database included: a worker compares the runs it finds there with its own Temporal. */
async function openSide(
  temporalCli: string,
  tuned: boolean,
): Promise<{ side: Side; close: () => Promise<void> }> {
  const place = await openPlace({ temporalCli, tuned })
  const db = openDatabase(place.databaseUrl, 1)
  const workflowId = await publish(db, guided)
  await db.$client.end()
  await place.start('model')
  await place.start('worker')
  const client = await connectTemporal(place)
  const statuses = await followStatuses(place.databaseUrl)
  return {
    side: sideOf(interpreted(client, workflowId), statuses, place.pid('worker')),
    close: async () => {
      await client.connection.close()
      await statuses.close()
      await place.close()
    },
  }
}
