import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { and, count, eq } from 'drizzle-orm'
import { connectHttp, type ParleyHttp } from '../../client/http.ts'
import { type Database, openDatabase } from '../../storage/sql/database.ts'
import { instances } from '../../storage/sql/schema.ts'
import { connectTemporal } from '../connect.ts'
import { type Figure, ms, percentile, perSecond } from '../figures.ts'
import { waiting as definition } from '../guided.ts'
import type { PartOrder } from '../order.ts'
import { openPlace, type Place } from '../place.ts'
import { memoryOf } from '../process-use.ts'
import { publishOverHttp } from '../publish.ts'
import { followStatuses, type Statuses } from '../statuses.ts'

/** Starts under way at the same time. */
const startsAtOnce = 16

/** Many runs that wait for an answer: what they cost, and how quickly they go on after everything was killed. */
export async function measureWaiting({ temporalCli, waiting, say }: PartOrder): Promise<Figure[]> {
  const { runs, wakes, wakesPerSecond } = waiting
  const place = await openPlace({ temporalCli, figures: true })
  await Promise.all([place.start('worker'), place.start('api')])
  const db = openDatabase(place.databaseUrl, 2)
  const parley = connectHttp({ baseUrl: place.apiUrl })
  const statuses = await followStatuses(place.databaseUrl)
  try {
    const workflowId = await publishOverHttp(parley, definition)
    await warmUp(parley, statuses, workflowId)
    const before = memoriesOf(place)

    const began = performance.now()
    const half = Math.ceil(runs / 2)
    const open = await startRuns(parley, db, workflowId, half, say)
    const atHalf = memoriesOf(place)
    open.push(...(await startRuns(parley, db, workflowId, runs - half, say, half)))
    const startsPerSecond = (runs * 1_000) / (performance.now() - began)
    const atAll = memoriesOf(place)
    const cached = await cachedRuns(place)

    say('  killing worker, API, Temporal and PostgreSQL, and starting them again')
    place.kill('worker', 'api', 'temporal', 'postgres')
    const killed = performance.now()
    await Promise.all([place.start('postgres'), place.start('temporal')])
    await Promise.all([place.start('worker'), place.start('api')])
    const back = performance.now() - killed

    const chosen = shuffled(open).slice(0, wakes)
    const waited = await wakeAll(parley, statuses, chosen, { wakesPerSecond, say })
    const lost = await countLost(place, db, { workflowId, chosen, left: runs - wakes })
    return [
      { name: `${runs} runs started over HTTP until they wait`, ours: perSecond(startsPerSecond) },
      {
        name: `worker's memory with ${runs} waiting runs, against ${half}`,
        ours: `${atAll.worker} MB`,
        against: `${atHalf.worker} MB`,
        value: atAll.worker / atHalf.worker,
        // Below that the cache is still filling.
        ...(cached < half ? { target: { most: 1.1 } } : {}),
      },
      {
        name: `worker's memory with ${runs} waiting runs, against none`,
        ours: `${atAll.worker} MB`,
        against: `${before.worker} MB`,
        value: atAll.worker / before.worker,
      },
      { name: 'runs that the worker keeps in its cache', ours: `${cached}` },
      {
        name: `Temporal's memory with ${runs} waiting runs, against none`,
        ours: `${atAll.temporal} MB`,
        against: `${before.temporal} MB`,
        value: atAll.temporal / before.temporal,
      },
      { name: 'everything killed: until all is ready again', ours: ms(back) },
      {
        name: `${wakes} of them woken at ${wakesPerSecond}/s: answer sent to next event seen, p50`,
        ours: ms(percentile(waited.sent, 50)),
      },
      { name: 'the same, p95', ours: ms(percentile(waited.sent, 95)) },
      {
        name: 'the same, from answer accepted, p95',
        ours: ms(percentile(waited.accepted, 95)),
        value: percentile(waited.accepted, 95),
        target: { most: 2_000, unit: 'ms' },
      },
      { name: 'runs or answers lost', ours: `${lost}`, value: lost, target: { most: 0 } },
    ]
  } finally {
    await statuses.close()
    await db.$client.end()
    await place.close()
  }
}

/** What is loaded and compiled at first use is no cost of waiting. */
async function warmUp(parley: ParleyHttp, statuses: Statuses, workflowId: string): Promise<void> {
  for (let run = 0; run < 20; run++) {
    const { instanceUuid } = await parley.startRun({ workflowId })
    await statuses.reached(instanceUuid, 'waiting')
    await parley.answer(instanceUuid, { value: 'warm' })
    await statuses.reached(instanceUuid, 'completed')
    statuses.forget(instanceUuid)
  }
}

const memoriesOf = (place: Place) => ({
  worker: memoryOf(place.pid('worker')),
  temporal: memoryOf(place.pid('temporal')),
})

/** Starts so many runs, and waits until every one of them waits. */
async function startRuns(
  parley: ParleyHttp,
  db: Database,
  workflowId: string,
  runs: number,
  say: (line: string) => void,
  startedBefore = 0,
): Promise<string[]> {
  const started: string[] = []
  let left = runs
  const lane = async () => {
    while (left-- > 0) started.push((await parley.startRun({ workflowId })).instanceUuid)
  }
  const report = setInterval(
    () =>
      countOf(db, workflowId, 'waiting').then(
        (waits) => say(`  ${startedBefore + started.length} runs started, ${waits} wait`),
        () => {},
      ),
    10_000,
  )
  try {
    await Promise.all(Array.from({ length: startsAtOnce }, lane))
    await untilWaiting(db, workflowId, startedBefore + runs)
  } finally {
    clearInterval(report)
  }
  return started
}

/** How long the number of waiting runs may stand still before that is a fault, in milliseconds. */
const patience = 120_000

async function untilWaiting(db: Database, workflowId: string, runs: number): Promise<void> {
  let before = 0
  let since = Date.now()
  for (;;) {
    const waits = await countOf(db, workflowId, 'waiting')
    if (waits >= runs) return
    if (waits > before) since = Date.now()
    before = waits
    if (Date.now() - since > patience)
      throw new Error(`${runs} runs were started, but only ${waits} wait, and no more come`)
    await pause(200)
  }
}

async function countOf(db: Database, workflowId: string, status: 'waiting'): Promise<number> {
  const [row] = await db
    .select({ runs: count() })
    .from(instances)
    .where(and(eq(instances.workflowId, workflowId), eq(instances.status, status)))
  return row?.runs ?? 0
}

/** How many runs the worker holds in memory, from its Prometheus page. */
async function cachedRuns({ metricsUrl }: Place): Promise<number> {
  const page = await (await fetch(metricsUrl)).text()
  return page
    .split('\n')
    .filter((line) => line.startsWith('temporal_sticky_cache_size{'))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

interface Woken {
  instanceUuid: string
  word: string
}

interface Waited {
  /** Milliseconds from the moment the answer was sent to the moment the next event could be seen. */
  sent: number[]
  /** The same from the moment the answer was accepted. */
  accepted: number[]
}

/** Answers at an even rate, whether earlier ones have been served or not. */
async function wakeAll(
  parley: ParleyHttp,
  statuses: Statuses,
  chosen: readonly Woken[],
  { wakesPerSecond, say }: { wakesPerSecond: number; say: (line: string) => void },
): Promise<Waited> {
  const waited: Waited = { sent: [], accepted: [] }
  const wake = async ({ instanceUuid, word }: Woken) => {
    const sent = performance.now()
    const [accepted, seen] = await Promise.all([
      parley.answer(instanceUuid, { value: word }).then(() => performance.now()),
      statuses.reached(instanceUuid, 'completed').then(() => performance.now()),
    ])
    waited.sent.push(seen - sent)
    waited.accepted.push(Math.max(0, seen - accepted))
  }
  const under: Promise<void>[] = []
  const began = performance.now()
  for (const [number, one] of chosen.entries()) {
    await pause(Math.max(0, began + (number * 1_000) / wakesPerSecond - performance.now()))
    // One that fails is counted among the lost.
    under.push(wake(one).catch((problem: unknown) => say(`  ${problem}`)))
    if (number % 50 === 49) say(`  ${number + 1} of ${chosen.length} runs woken`)
  }
  await Promise.all(under)
  return waited
}

/** Runs that gave another word than they were answered with, or that SQL or Temporal no longer has waiting. */
async function countLost(
  place: Place,
  db: Database,
  { workflowId, chosen, left }: { workflowId: string; chosen: readonly Woken[]; left: number },
): Promise<number> {
  const done = await db
    .select({ instanceUuid: instances.instanceUuid, view: instances.view })
    .from(instances)
    .where(and(eq(instances.workflowId, workflowId), eq(instances.status, 'completed')))
  const words = new Map(done.map((row) => [row.instanceUuid, (row.view.output as { word?: string })?.word]))
  const wrong = chosen.filter(({ instanceUuid, word }) => words.get(instanceUuid) !== word).length
  const client = await connectTemporal(place)
  const running = await client.workflow.count("WorkflowType = 'run' AND ExecutionStatus = 'Running'")
  await client.connection.close()
  const waits = await countOf(db, workflowId, 'waiting')
  return wrong + Math.max(0, left - waits) + Math.max(0, left - running.count)
}

function shuffled(instanceUuids: readonly string[]): Woken[] {
  return instanceUuids
    .map((instanceUuid) => ({ instanceUuid, word: randomUUID(), place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ instanceUuid, word }) => ({ instanceUuid, word }))
}
