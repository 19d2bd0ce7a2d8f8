import { type SQL, sql } from 'drizzle-orm'
import pg from 'pg'
import type { Database, Transaction } from '../sql/database.ts'
import { notWaitedFor } from '../sql/not-waited-for.ts'
import type { LiveSignal } from './signal.ts'

/** One PostgreSQL channel for everything that is told live. */
const channel = 'parley_live'

/** A NOTIFY payload must stay under 8,000 bytes. A UTF-16 unit takes 6 at most, escaped in JSON. */
const textPerSignal = 1_100

/** Tells everyone who listens. Inside a transaction it is sent at commit, and not at all on rollback. */
export async function notify(db: Database | Transaction, signal: LiveSignal): Promise<void> {
  // Nothing of a text that is being written is kept, and it is told by itself: no disk is waited for.
  const isPassing = signal.t === 'delta' || signal.t === 'reset'
  for (const part of notifying(signal))
    await db.execute(sql`select ${part}${isPassing ? sql`, ${notWaitedFor}` : sql``}`)
}

/** What is selected to tell it. */
export const notifying = (signal: LiveSignal): SQL[] =>
  inParts(signal).map((part) => sql`pg_notify(${channel}, ${JSON.stringify(part)})`)

function inParts(signal: LiveSignal): LiveSignal[] {
  if (signal.t !== 'delta' || signal.text.length <= textPerSignal) return [signal]
  const parts: LiveSignal[] = []
  for (let at = 0; at < signal.text.length; at += textPerSignal)
    parts.push({ ...signal, offset: signal.offset + at, text: signal.text.slice(at, at + textPerSignal) })
  return parts
}

export interface Listener {
  isUp(): boolean
  close(): Promise<void>
}

/**
 * Listens on a connection of its own, and connects again when it breaks. `onGap` is called after each (re)connection:
 * signals may have been missed, so readers look into SQL.
 */
export async function listen(
  databaseUrl: string,
  onSignal: (signal: LiveSignal) => void,
  onGap: () => void,
): Promise<Listener> {
  let closed = false
  let client: pg.Client | undefined
  let retry: NodeJS.Timeout | undefined
  const connect = async (): Promise<void> => {
    const next = new pg.Client({
      connectionString: databaseUrl,
      keepAlive: true,
      application_name: 'parley-live',
    })
    let gone = false
    const again = () => {
      if (gone || closed) return
      gone = true
      client = undefined
      next.end().catch(() => {})
      retry = setTimeout(() => connect().catch(() => {}), 250)
    }
    next.on('error', again)
    next.on('end', again)
    next.on('notification', ({ payload }) => {
      if (payload) onSignal(JSON.parse(payload) as LiveSignal)
    })
    try {
      await next.connect()
      await next.query(`listen ${channel}`)
      client = next
      onGap()
    } catch {
      again()
    }
  }
  await connect()
  return {
    isUp: () => client !== undefined,
    close: async () => {
      closed = true
      clearTimeout(retry)
      await client?.end().catch(() => {})
    },
  }
}
