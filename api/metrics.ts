import type { RequestHandler } from 'express'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { faultFields } from '../shared/log.ts'
import { measureWork, type Work } from '../storage/sql/measure-work.ts'
import type { Deps } from './deps.ts'
import { countStreams } from './stream.ts'
import { methodOf, routeOf } from './watch-requests.ts'

export interface Metrics {
  /** Counts and times each request under its route's template. */
  watch: RequestHandler
  contentType: string
  page(): Promise<string>
}

/** Milliseconds for which one look into the database serves, however many ask. */
const fresh = 2_000

/**
 * The figures of this API process, and those of the whole installation as SQL has them: every API process gives the
 * same, so they are read with `max`, not added up.
 */
export function createMetrics(deps: Deps): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'parley_http_request_duration_seconds',
    help: 'Requests by route; of event streams, how long they were read',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  })
  const gauge = createGauge(registry)
  gauge('parley_stream_readers', 'Open event streams of this process', [], () => [[countStreams()]])
  gauge('parley_database_connections', 'Of this process to PostgreSQL', ['state'], () => {
    const { totalCount, idleCount, waitingCount } = deps.db.$client
    return [
      [totalCount - idleCount, 'busy'],
      [idleCount, 'idle'],
      [waitingCount, 'awaited'],
    ]
  })
  const show = showWork(gauge)
  const up = gauge('parley_up', 'Whether this process reaches what it stands on', ['part'])
  let work: { at: number; read: Promise<Work | undefined> } | undefined
  const readWork = () => {
    if (work && Date.now() - work.at < fresh) return work.read
    const read = measureWork(deps.db).catch((error: unknown) => {
      deps.log.warn(faultFields(error), 'could not measure the work')
      return undefined
    })
    work = { at: Date.now(), read }
    return read
  }
  return {
    watch: (req, res, next) => {
      const stop = requests.startTimer()
      res.once('close', () =>
        stop({ method: methodOf(req), route: routeOf(req), status: String(res.statusCode) }),
      )
      next()
    },
    contentType: registry.contentType,
    page: async () => {
      const [now, temporal, live] = await Promise.all([readWork(), deps.engineIsUp(), deps.liveIsUp()])
      up([
        [now ? 1 : 0, 'database'],
        [temporal ? 1 : 0, 'temporal'],
        [live ? 1 : 0, 'live'],
      ])
      show(now)
      return registry.metrics()
    },
  }
}

/** A value with its labels' values, in order. */
type Row = [value: number, ...labels: string[]]
type MakeGauge = (
  name: string,
  help: string,
  labelNames: string[],
  collect?: () => Row[],
) => (rows: Row[]) => void

/** Gauges that show exactly the rows they were given last: what is no more disappears. */
const createGauge =
  (registry: Registry): MakeGauge =>
  (name, help, labelNames, collect) => {
    const set = (gauge: Gauge, rows: Row[]) => {
      gauge.reset()
      for (const [value, ...labels] of rows)
        gauge.set(Object.fromEntries(labelNames.map((label, index) => [label, labels[index] ?? ''])), value)
    }
    const made: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      ...(collect ? { collect: () => set(made, collect()) } : {}),
    })
    return (rows) => set(made, rows)
  }

const open = ['running', 'waiting']

/** The figures of the installation. Without a database there are none, rather than old ones. */
function showWork(gauge: MakeGauge): (work: Work | undefined) => void {
  const shown: [set: (rows: Row[]) => void, rows: (work: Work) => Row[]][] = [
    [
      gauge('parley_runs_open', 'Open runs', ['status']),
      ({ runs }) => open.map((status) => [runs.find((one) => one.status === status)?.count ?? 0, status]),
    ],
    [
      gauge('parley_runs_open_oldest_seconds', 'Age of the oldest open run', ['status']),
      ({ runs }) => runs.map(({ oldest, status }) => [oldest, status]),
    ],
    [
      gauge(
        'parley_runs_quiet_seconds',
        'For how long nothing happened in the quietest run that waits for nobody',
        [],
      ),
      ({ quiet }) => [[quiet.oldest]],
    ],
    [
      gauge('parley_starts_undispatched', 'Accepted starts that Temporal does not have yet', []),
      ({ undispatched }) => [[undispatched.count]],
    ],
    [
      gauge('parley_starts_undispatched_oldest_seconds', 'Age of the oldest of them', []),
      ({ undispatched }) => [[undispatched.oldest]],
    ],
    [
      gauge('parley_requests_open', 'Questions and approvals that wait for people', ['kind']),
      ({ requests }) => requests.map(({ count, kind }) => [count, kind]),
    ],
    [
      gauge('parley_requests_open_oldest_seconds', 'Age of the oldest of them', ['kind']),
      ({ requests }) => requests.map(({ oldest, kind }) => [oldest, kind]),
    ],
    [
      gauge('parley_effects_unknown', 'Effects outside that were begun and of which no end is known', [
        'kind',
        'state',
      ]),
      ({ effects }) => effects.map(({ count, kind, state }) => [count, kind, state]),
    ],
    [
      gauge('parley_effects_unknown_oldest_seconds', 'Age of the oldest of them', ['kind', 'state']),
      ({ effects }) => effects.map(({ oldest, kind, state }) => [oldest, kind, state]),
    ],
    [
      gauge('parley_steps_recent', 'Steps that ended in the last ten minutes', ['type', 'outcome']),
      ({ steps }) => steps.map(({ count, type, outcome }) => [count, type, outcome]),
    ],
    [
      gauge('parley_steps_recent_seconds', 'How long they took, waits for people included', [
        'type',
        'outcome',
        'quantile',
      ]),
      ({ steps }) =>
        steps.flatMap(({ median, p95, type, outcome }): Row[] =>
          median === null || p95 === null
            ? []
            : [
                [median, type, outcome, '0.5'],
                [p95, type, outcome, '0.95'],
              ],
        ),
    ],
    [
      gauge('parley_calls_recent', 'Model and tool calls that ended in the last ten minutes', [
        'kind',
        'model',
      ]),
      ({ calls }) => calls.map(({ count, kind, model }) => [count, kind, model]),
    ],
    [
      gauge('parley_tokens_recent', 'Tokens of those calls', ['model', 'direction']),
      ({ calls }) =>
        calls
          .filter(({ kind }) => kind === 'model')
          .flatMap(({ model, tokensIn, tokensOut }): Row[] => [
            [tokensIn, model, 'in'],
            [tokensOut, model, 'out'],
          ]),
    ],
  ]
  return (work) => {
    for (const [set, rows] of shown) set(work ? rows(work) : [])
  }
}
