import { and, eq, isNull, lt, or, sql } from 'drizzle-orm'
import type { Json } from '../../shared/contract/json.ts'
import { isMarkOf } from '../secrets/mark-body.ts'
import type { Database, Transaction } from './database.ts'
import { idempotency } from './schema.ts'

/** One write of one caller under one key. */
export interface Claim {
  caller: string
  route: string
  key: string
  workspaceId: string | null
  /** Never kept as it is: `markBody` makes of it what is. */
  bodySha256: string
}

export interface StoredAnswer {
  status: number
  body: Json
}

export type Claimed =
  /** It is ours to do. `again` when a first try began and did not end. */
  | { state: 'ours'; seed: string; again: boolean }
  | { state: 'finished'; answer: StoredAnswer }
  | { state: 'inFlight' }
  | { state: 'otherBody' }

const ofKey = ({ caller, route, key }: Claim) =>
  and(eq(idempotency.caller, caller), eq(idempotency.route, route), eq(idempotency.key, key))

/**
 * Claims a key for `seconds`, or says how far it is. After 24 hours a key is free again. Of the marks of the claim's body
 * the first is kept.
 */
export async function claimKey(
  db: Database,
  claim: Claim,
  marks: string[],
  seed: string,
  seconds: number,
): Promise<Claimed> {
  const until = sql`now() + make_interval(secs => ${seconds})`
  const { bodySha256: _, ...named } = claim
  const bodyMark = marks[0] as string
  const fresh = {
    ...named,
    bodyMark,
    seed,
    claimedUntil: until,
    status: null,
    answer: null,
    createdAt: sql`now()`,
  }
  const [made] = await db
    .insert(idempotency)
    .values(fresh)
    .onConflictDoUpdate({
      target: [idempotency.caller, idempotency.route, idempotency.key],
      set: fresh,
      setWhere: lt(idempotency.createdAt, sql`now() - interval '24 hours'`),
    })
    .returning({ seed: idempotency.seed })
  if (made) return { state: 'ours', seed: made.seed, again: false }
  const [row] = await db.select().from(idempotency).where(ofKey(claim))
  if (!row) return { state: 'inFlight' }
  if (!isMarkOf(marks, row.bodyMark)) return { state: 'otherBody' }
  if (row.status !== null)
    return {
      state: 'finished',
      answer: { status: row.status, body: JSON.parse(row.answer as string) as Json },
    }
  const [taken] = await db
    .update(idempotency)
    .set({ claimedUntil: until })
    .where(and(ofKey(claim), isNull(idempotency.status), or(lt(idempotency.claimedUntil, sql`now()`))))
    .returning({ seed: idempotency.seed })
  return taken ? { state: 'ours', seed: taken.seed, again: true } : { state: 'inFlight' }
}

/** Keeps the answer, so that every repetition gets the same bytes: as text, since jsonb would sort its keys. The first stays. */
export async function keepAnswer(
  db: Database | Transaction,
  claim: Claim,
  { status, body }: StoredAnswer,
): Promise<void> {
  await db
    .update(idempotency)
    .set({ status, answer: JSON.stringify(body ?? null) })
    .where(and(ofKey(claim), isNull(idempotency.status)))
}

/** Gives a claim back after a fault of ours, so that the next try goes on at once, with the same seed. */
export async function releaseKey(db: Database, claim: Claim): Promise<void> {
  await db
    .update(idempotency)
    .set({ claimedUntil: sql`now() - interval '1 second'` })
    .where(and(ofKey(claim), isNull(idempotency.status)))
}

/** Keeps a claim alive for `seconds` more, as long as its write is under way. */
export async function renewKey(db: Database, claim: Claim, seconds: number): Promise<void> {
  await db
    .update(idempotency)
    .set({ claimedUntil: sql`now() + make_interval(secs => ${seconds})` })
    .where(and(ofKey(claim), isNull(idempotency.status)))
}

/** Takes away what no repetition can ask for any more. */
export async function forgetOldKeys(db: Database): Promise<void> {
  await db.delete(idempotency).where(lt(idempotency.createdAt, sql`now() - interval '24 hours'`))
}
