import { randomUUID } from 'node:crypto'
import type { Client } from '@temporalio/client'
import { asc, eq } from 'drizzle-orm'
import { embedded } from '../../shared/contract/api/embedded.ts'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { type Database, openDatabase } from '../../storage/sql/database.ts'
import { journal, memoryTurns } from '../../storage/sql/schema.ts'
import { connectTemporal } from '../connect.ts'
import { type Figure, ms, perSecond } from '../figures.ts'
import { joinOrders } from '../join-orders.ts'
import type { PartOrder, Size } from '../order.ts'
import { openPlace } from '../place.ts'
import { publish } from '../publish.ts'
import { mustBeTheSame } from '../read-work.ts'
import { type Against, compare, type Summary } from '../rounds.ts'
import { followStatuses, type Statuses } from '../statuses.ts'
import { orderDesk } from '../talk.ts'
import { handWrittenTalk, interpretedTalk, type Talker, talk, talkSide } from '../talkers.ts'

/** The turn of a conversation against two hand-written workflows: with an activity for each call, and with one for all. */
export async function measureTurn({ temporalCli, alone, crowd, say }: PartOrder): Promise<Figure[]> {
  const place = await openPlace({ temporalCli })
  const db = openDatabase(place.databaseUrl, 2)
  const statuses = await followStatuses(place.databaseUrl)
  await joinOrders(db, place.ordersUrl)
  const workflowId = await publish(db, orderDesk)
  for (const part of ['model', 'orders', 'worker', 'floor'] as const) await place.start(part)
  const client = await connectTemporal(place)
  const talkers = {
    ours: interpretedTalk(client, workflowId),
    byCall: handWrittenTalk(client, 'talkByCall'),
    inOne: handWrittenTalk(client, 'talkInOne'),
  }
  const floorPid = place.pid('floor')
  const others = {
    byCall: talkSide(talkers.byCall, statuses, floorPid),
    inOne: talkSide(talkers.inOne, statuses, floorPid),
  }
  // A conversation is eight turns, which warm up more than a run.
  const measured = async ({ warmUp, ...size }: Size) =>
    figuresOf(
      await compare(
        talkSide(talkers.ours, statuses, place.pid('worker')),
        others,
        { ...size, warmUp: Math.ceil(warmUp / 2) },
        say,
      ),
      size.atOnce,
    )
  try {
    const looked = { client, db, statuses }
    const ours = await look(looked, talkers.ours)
    const byCall = await look(looked, talkers.byCall)
    const inOne = await look(looked, talkers.inOne)
    for (const floor of [byCall, inOne]) mustBeTheSame(ours.said, floor.said, 'bench/floor/talk.ts')
    return [
      ...(await measured(alone)),
      ...(await measured(crowd)),
      {
        name: 'history events of a turn',
        ours: ours.events.toFixed(1),
        value: ours.events,
        target: { most: 20 },
      },
      ...[
        { name: 'an activity for each call', floor: byCall },
        { name: 'one activity', floor: inOne },
      ].map(({ name, floor }) => ({
        name: `history events of a turn, against ${name}`,
        ours: ours.events.toFixed(1),
        against: floor.events.toFixed(1),
        value: ours.events / floor.events,
      })),
    ]
  } finally {
    await client.connection.close()
    await statuses.close()
    await db.$client.end()
    await place.close()
  }
}

const lookedAt = { first: 2, more: 4 }

/** What a conversation leaves behind: the events of a turn in the middle of it, and what was said, as it is stored. */
async function look(
  { client, db, statuses }: { client: Client; db: Database; statuses: Statuses },
  talker: Talker,
): Promise<{ events: number; said: string[] }> {
  const chatSessionId = randomUUID()
  const handle = client.workflow.getHandle(sessionWorkflowId(embedded.workspaceId, chatSessionId))
  const length = async () => (await handle.describe()).historyLength
  await talk(talker, statuses, { chatSessionId, turns: lookedAt.first })
  const before = await length()
  await talk(talker, statuses, { chatSessionId, turns: lookedAt.more })
  const events = ((await length()) - before) / lookedAt.more
  const messages = await db
    .select({ data: journal.data })
    .from(journal)
    .where(eq(journal.streamId, chatSessionId))
    .orderBy(asc(journal.seq))
  const kept = await db.select().from(memoryTurns).where(eq(memoryTurns.chatSessionId, chatSessionId))
  return {
    events,
    said: [
      ...messages.flatMap(({ data: { role, text } }) => (role ? [`${role}: ${text}`] : [])),
      ...kept.map(({ number, user, agent }) => `remembered ${number}: ${user} ${agent}`).sort(),
    ],
  }
}

type Compared = { ours: Summary; byCall: Against; inOne: Against }

const most = { byCall: 0.6, inOne: 1.5 }

function figuresOf({ ours, ...floors }: Compared, atOnce: number): Figure[] {
  const at = `${atOnce} at a time`
  const against = (name: keyof typeof floors, words: string): Figure[] => {
    const { ratio, ...floor } = floors[name]
    const of = (figure: string) => `turn, ${at}, against ${words}: ${figure}`
    const isCrowd = atOnce > 1
    return [
      {
        name: of('p50'),
        ours: ms(ours.p50),
        against: ms(floor.p50),
        value: ratio.latency,
        ...(isCrowd ? {} : { target: { most: most[name] } }),
      },
      { name: of('p95'), ours: ms(ours.p95), against: ms(floor.p95), value: ours.p95 / floor.p95 },
      {
        name: of('p50 of the first, which begins the conversation'),
        ours: ms(ours.first),
        against: ms(floor.first),
        value: ratio.first,
      },
      {
        name: of('turns'),
        ours: perSecond(ours.perSecond),
        against: perSecond(floor.perSecond),
        value: ratio.throughput,
        ...(isCrowd && name === 'byCall' ? { target: { least: 2 } } : {}),
      },
      {
        name: of("worker's processor time"),
        ours: ms(ours.cpu),
        against: ms(floor.cpu),
        value: ratio.cpu,
      },
    ]
  }
  return [...against('byCall', 'an activity for each call'), ...against('inOne', 'one activity')]
}
