import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Refusal } from '../shared/contract/errors.ts'
import {
  type Claim,
  claimKey,
  keepAnswer,
  releaseKey,
  renewKey,
  type StoredAnswer,
} from '../storage/sql/claim-key.ts'
import type { Database, Transaction } from '../storage/sql/database.ts'
import type { Deps } from './deps.ts'

/** What a write gets to be repeatable: a seed for its ids, and a way to keep its answer with what it writes. */
export interface Try {
  seed: string
  /** A first try under this key began and did not end: what it did may be done already. */
  again: boolean
  /** Keeps the answer in the transaction that does the work, so that both or neither are there. */
  keep(tx: Transaction, answer: StoredAnswer): Promise<void>
}

/** A claim is renewed while its write goes on, so a repetition waits no longer than this for a process that died. */
const claimSeconds = 3
const renewEvery = 1_000
const poll = 40

/** A write without a key. */
export const justOnce = (): Try => ({ seed: randomUUID(), again: false, keep: async () => {} })

/**
 * Does a write once per key. A repetition gets the first one's answer, waiting for it while it is in flight. Where the
 * first one died, the next goes on with the same seed. `toAnswer` makes an answer of a refusal; 5xx are not kept.
 * @throws Refusal `KeyReused`, and whatever `act` throws that is no refusal below 500
 */
export async function once(
  { db, markBody }: Pick<Deps, 'db' | 'markBody'>,
  claim: Claim,
  act: (one: Try) => Promise<StoredAnswer>,
  toAnswer: (error: unknown) => StoredAnswer | undefined,
): Promise<StoredAnswer> {
  const marks = await markBody(claim.bodySha256)
  for (;;) {
    const found = await claimKey(db, claim, marks, randomUUID(), claimSeconds)
    if (found.state === 'finished') return found.answer
    if (found.state === 'otherBody')
      throw new Refusal('KeyReused', 'this Idempotency-Key was used with another body: take a new key')
    if (found.state === 'inFlight') {
      await pause(poll)
      continue
    }
    return perform(db, claim, found, act, toAnswer)
  }
}

async function perform(
  db: Database,
  claim: Claim,
  { seed, again }: { seed: string; again: boolean },
  act: (one: Try) => Promise<StoredAnswer>,
  toAnswer: (error: unknown) => StoredAnswer | undefined,
): Promise<StoredAnswer> {
  const renewal = setInterval(() => renewKey(db, claim, claimSeconds).catch(() => {}), renewEvery)
  try {
    const answer = await act({ seed, again, keep: (tx, kept) => keepAnswer(tx, claim, kept) })
    await keepAnswer(db, claim, answer)
    return answer
  } catch (error) {
    const answer = toAnswer(error)
    if (!answer || answer.status >= 500 || answer.status === 429) {
      await releaseKey(db, claim).catch(() => {})
      throw error
    }
    await keepAnswer(db, claim, answer)
    return answer
  } finally {
    clearInterval(renewal)
  }
}
