import { randomUUID } from 'node:crypto'
import { and, eq, sql } from 'drizzle-orm'
import { openDatabase } from '../../storage/sql/database.ts'
import { journal } from '../../storage/sql/schema.ts'
import { connectTemporal } from '../connect.ts'
import { type Figure, ms } from '../figures.ts'
import { joinOrders } from '../join-orders.ts'
import type { PartOrder } from '../order.ts'
import { openPlace } from '../place.ts'
import { cpuOf, memoryOf } from '../process-use.ts'
import { publish } from '../publish.ts'
import { followStatuses } from '../statuses.ts'
import { longDesk } from '../talk.ts'
import { interpretedTalk, takeTurn, talk } from '../talkers.ts'

/** What is loaded and compiled at first use is no cost of a long conversation. */
const warmUpTurns = 20

/** One conversation of many messages, with a summary kept: what a turn late in it costs, and whether anything is lost. */
export async function measureSession({ temporalCli, session, say }: PartOrder): Promise<Figure[]> {
  const { messages, compared } = session
  const place = await openPlace({ temporalCli })
  const db = openDatabase(place.databaseUrl, 2)
  const statuses = await followStatuses(place.databaseUrl)
  await joinOrders(db, place.ordersUrl)
  const workflowId = await publish(db, longDesk)
  for (const part of ['model', 'orders', 'worker'] as const) await place.start(part)
  const client = await connectTemporal(place)
  const talker = interpretedTalk(client, workflowId)
  const worker = place.pid('worker')
  try {
    await talk(talker, statuses, { turns: warmUpTurns })
    const before = memoryOf(worker)
    const cpuBefore = cpuOf(worker)
    const chatSessionId = randomUUID()
    const latencies: number[] = []
    while (latencies.length < messages) {
      latencies.push(await takeTurn(talker, statuses, chatSessionId))
      if (latencies.length % 250 === 0) say(`  ${latencies.length} of ${messages} messages answered`)
    }
    const cpu = cpuOf(worker) - cpuBefore
    const after = memoryOf(worker)
    const [first, last] = [mean(latencies.slice(0, compared)), mean(latencies.slice(-compared))]
    const [stored] = await db
      .select({ replies: sql<number>`count(distinct ${journal.instanceUuid})::int` })
      .from(journal)
      .where(
        and(
          eq(journal.streamId, chatSessionId),
          eq(journal.event, 'message'),
          sql`${journal.data}->>'role' = 'agent'`,
        ),
      )
    const lost = messages - (stored?.replies ?? 0)
    return [
      {
        name: `conversation of ${messages} messages: mean of the last ${compared}, against the first ${compared}`,
        ours: ms(last),
        against: ms(first),
        value: last / first,
        target: { most: 1.5 },
      },
      { name: "the same: worker's processor time", ours: `${(cpu / 1_000).toFixed(1)} s` },
      { name: "the same: worker's processor time for a message", ours: ms(cpu / messages) },
      {
        name: "the same: worker's memory at its end, against its start",
        ours: `${after} MB`,
        against: `${before} MB`,
        value: after / before,
      },
      {
        name: 'the same: messages without a reply in the journal',
        ours: `${lost}`,
        value: lost,
        target: { most: 0 },
      },
    ]
  } finally {
    await client.connection.close()
    await statuses.close()
    await db.$client.end()
    await place.close()
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
