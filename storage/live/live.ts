import type { SQL } from 'drizzle-orm'
import type { Database, Transaction } from '../sql/database.ts'
import { listen, notify, notifying } from './notify.ts'
import { openRedis } from './redis.ts'
import type { LiveSignal } from './signal.ts'

export type { LiveSignal }

/** How the processes of one Parley tell each other what happens. What is lost on it can be read from SQL. */
export interface Live {
  /** `onGap`: signals may have been missed, so readers look into SQL. */
  listen(onSignal: (signal: LiveSignal) => void, onGap: () => void): Promise<void>
  isUp(): Promise<boolean>
  close(): Promise<void>
}

export interface LiveOrder {
  db: Database
  databaseUrl: string
  redisUrl?: string | undefined
  /** Called when Redis goes and comes back. */
  onRedis?: (isUp: boolean) => void
}

type Send = (signal: LiveSignal) => Promise<void>

/** Databases whose signals go another way than through themselves. */
const ways = new WeakMap<Database | Transaction, Send>()
/** What a transaction will tell when it is committed. */
const owed = new WeakMap<Database | Transaction, LiveSignal[]>()

/** Tells everyone who listens. Inside a transaction it is sent after the commit, and not at all on rollback. */
export async function tell(db: Database | Transaction, signal: LiveSignal): Promise<void> {
  const later = owed.get(db)
  if (later) later.push(signal)
  else await (ways.get(db)?.(signal) ?? notify(db, signal))
}

/** The same as parts of a statement: what has to be selected for it, and what is to be done once the statement has written. */
export function telling(
  on: Database | Transaction,
  signals: LiveSignal[],
): { inStatement: SQL[]; afterwards: () => Promise<void> } {
  if (owed.has(on) || ways.has(on))
    return {
      inStatement: [],
      afterwards: async () => {
        for (const signal of signals) await tell(on, signal)
      },
    }
  return { inStatement: signals.flatMap(notifying), afterwards: async () => {} }
}

/** Opens the live channel of a process, over Redis where there is one, and makes it the way of what `db` tells. */
export function openLive(order: LiveOrder): Live {
  return order.redisUrl ? overRedis(order, order.redisUrl) : overPostgres(order.databaseUrl)
}

function overPostgres(databaseUrl: string): Live {
  const listening: { is?: Awaited<ReturnType<typeof listen>> } = {}
  return {
    listen: async (onSignal, onGap) => {
      listening.is = await listen(databaseUrl, onSignal, onGap)
    },
    isUp: async () => listening.is?.isUp() ?? true,
    close: async () => listening.is?.close(),
  }
}

/** Whoever cannot reach Redis tells through PostgreSQL, so everybody listens to both; hearing something twice does no harm. */
function overRedis({ db, databaseUrl, onRedis }: LiveOrder, redisUrl: string): Live {
  const redis = openRedis(redisUrl, onRedis)
  const postgres = overPostgres(databaseUrl)
  sendBy(db, (signal) => redis.publish(signal).catch(() => notify(db, signal)))
  return {
    listen: async (onSignal, onGap) => {
      redis.listen(onSignal, onGap)
      await postgres.listen(onSignal, onGap)
    },
    isUp: () => redis.isUp(),
    close: async () => {
      redis.close()
      await postgres.close()
    },
  }
}

/** From now on what this database tells goes by `send`: at once, or after the commit of its transaction. */
function sendBy(db: Database, send: Send): void {
  ways.set(db, send)
  const transaction = db.transaction.bind(db)
  db.transaction = async (act, config) => {
    const signals: LiveSignal[] = []
    const result = await transaction((tx) => {
      owed.set(tx, signals)
      return act(tx)
    }, config)
    // It is committed: that nobody could be told makes no difference to that, and readers look into SQL by themselves.
    for (const signal of signals) await send(signal).catch(() => {})
    return result
  }
}
