import { randomUUID } from 'node:crypto'
import { and, eq, inArray, or, sql } from 'drizzle-orm'
import type { Amount, CountedBudget, SpentBudget } from '../../shared/contract/spending.ts'
import type { Database, Transaction } from './database.ts'
import { findSurroundings, type Spender } from './find-surroundings.ts'
import type { CallPlace } from './record-call.ts'
import { budgetAccounts, budgetReservations } from './schema.ts'

/** Room held for one call, in every budget that counts it. */
export interface Reservation {
  reservationId: string
  workspaceId: string
  budgets: CountedBudget[]
}

/** What a call may use: `least` for sure, `most` at the worst. */
export interface Wanted {
  least: Amount
  most: Amount
}

export type Verdict =
  | { kind: 'held'; reservation: Reservation }
  /** Calls under way may use what is left: it is known when they are done. */
  | { kind: 'wait' }
  | { kind: 'spent'; spent: SpentBudget }

/** Seconds for which room is held at most: longer than any call may take. */
const heldFor = 330

/**
 * Holds room for a call in all of its budgets, or in none. A call that may go over what is left goes alone, so that the
 * limit is passed by one call at most; one that is sure to go over it is not made.
 */
export const reserve = (
  db: Database,
  counted: CountedBudget[],
  place: CallPlace,
  { least, most }: Wanted,
): Promise<Verdict> =>
  db.transaction(async (tx) => {
    const { workspaceId } = place
    const states = await lockAccounts(tx, counted, place)
    let mustWait = false
    for (const budget of counted) {
      const state = states.get(budget.account) as State
      for (const { unit, limit, used, held, of } of unitsOf(budget, state)) {
        if (used + of(least) > limit)
          return {
            kind: 'spent',
            spent: {
              ...budget,
              unit,
              used,
              limit,
              least: { tokens: least.tokens, money: moneyIn(budget, least) },
            },
          }
        if (held > 0 && used + held + of(most) > limit) mustWait = true
      }
    }
    if (mustWait) return { kind: 'wait' }
    const reservationId = randomUUID()
    await tx.insert(budgetReservations).values(
      counted.map((budget) => ({
        reservationId,
        ...place,
        account: budget.account,
        tokens: most.tokens,
        money: moneyIn(budget, most),
        expiresAt: sql`now() + make_interval(secs => ${heldFor})`,
      })),
    )
    return { kind: 'held', reservation: { reservationId, workspaceId, budgets: counted } }
  })

/** Puts what a call really used in the place of what was held for it. */
export async function settle(
  tx: Transaction,
  { budgets: counted, ...of }: Reservation,
  used: Amount,
): Promise<void> {
  await drop(tx, of)
  for (const budget of inOrder(counted))
    await tx
      .update(budgetAccounts)
      .set({
        tokensUsed: sql`${budgetAccounts.tokensUsed} + ${used.tokens}`,
        moneyUsed: sql`${budgetAccounts.moneyUsed} + ${moneyIn(budget, used)}`,
        updatedAt: sql`now()`,
      })
      .where(and(eq(budgetAccounts.workspaceId, of.workspaceId), eq(budgetAccounts.account, budget.account)))
}

/** Gives back what was held for a call that was not made. */
export const release = (db: Database, reservation: Reservation): Promise<void> => drop(db, reservation)

/** Whether a call that waits for a budget would find room now: it was raised, taken away, or its period is over. */
export async function hasRoom(db: Database, run: Spender, spent: SpentBudget): Promise<boolean> {
  const budget = (await findSurroundings(db, run)).budgets.find(({ account }) => account === spent.account)
  if (!budget) return true
  const [row] = await db
    .select()
    .from(budgetAccounts)
    .where(and(eq(budgetAccounts.workspaceId, run.workspaceId), eq(budgetAccounts.account, spent.account)))
  if (!row) return true
  const { tokens, money } = spent.least
  const cost = budget.money ? { cost: money, currency: budget.money.currency } : undefined
  return unitsOf(budget, { ...row, tokensHeld: 0, moneyHeld: 0 }).every(
    ({ used, limit, of }) => used + of({ tokens, cost }) <= limit,
  )
}

/** The same amount again, from what is used by now, so that the call that waits finds room. */
export async function grant(tx: Transaction, workspaceId: string, spent: SpentBudget): Promise<void> {
  const { account, tokens = 0, money, least } = spent
  await tx
    .update(budgetAccounts)
    .set({
      tokensGranted: sql`greatest(${budgetAccounts.tokensGranted} + ${tokens}::bigint, ${budgetAccounts.tokensUsed} + ${least.tokens}::bigint)`,
      moneyGranted: sql`greatest(${budgetAccounts.moneyGranted} + ${money?.amount ?? 0}::numeric, ${budgetAccounts.moneyUsed} + ${least.money}::numeric)`,
      updatedAt: sql`now()`,
    })
    .where(and(eq(budgetAccounts.workspaceId, workspaceId), eq(budgetAccounts.account, account)))
}

const drop = async (
  db: Database | Transaction,
  { reservationId, workspaceId }: Omit<Reservation, 'budgets'>,
) => {
  await db
    .delete(budgetReservations)
    .where(
      and(
        eq(budgetReservations.workspaceId, workspaceId),
        eq(budgetReservations.reservationId, reservationId),
      ),
    )
}

interface State {
  tokensUsed: number
  moneyUsed: number
  tokensGranted: number
  moneyGranted: number
  tokensHeld: number
  moneyHeld: number
}

/**
 * The accounts as they stand, and nobody else changes them before the transaction is over. What is held for the same
 * call by an attempt that is over, and what has expired, goes first.
 */
async function lockAccounts(
  tx: Transaction,
  counted: CountedBudget[],
  { workspaceId, instanceUuid, path, ordinal }: CallPlace,
): Promise<Map<string, State>> {
  const accounts = inOrder(counted).map(({ account }) => account)
  await tx
    .insert(budgetAccounts)
    .values(accounts.map((account) => ({ workspaceId, account })))
    .onConflictDoNothing()
  const rows = await tx
    .select()
    .from(budgetAccounts)
    .where(and(eq(budgetAccounts.workspaceId, workspaceId), inArray(budgetAccounts.account, accounts)))
    .orderBy(budgetAccounts.account)
    .for('update')
  const held = and(
    eq(budgetReservations.workspaceId, workspaceId),
    inArray(budgetReservations.account, accounts),
  )
  const ofThisCall = and(
    eq(budgetReservations.instanceUuid, instanceUuid),
    eq(budgetReservations.path, path),
    eq(budgetReservations.ordinal, ordinal),
  )
  await tx
    .delete(budgetReservations)
    .where(and(held, or(ofThisCall, sql`${budgetReservations.expiresAt} < now()`)))
  const sums = await tx
    .select({
      account: budgetReservations.account,
      tokens: sql<number>`sum(${budgetReservations.tokens})::float`,
      money: sql<number>`sum(${budgetReservations.money})::float`,
    })
    .from(budgetReservations)
    .where(held)
    .groupBy(budgetReservations.account)
  const heldIn = new Map(sums.map((sum) => [sum.account, sum]))
  return new Map(
    rows.map((row) => [
      row.account,
      {
        ...row,
        tokensHeld: heldIn.get(row.account)?.tokens ?? 0,
        moneyHeld: heldIn.get(row.account)?.money ?? 0,
      },
    ]),
  )
}

/** Locks are taken in the same order everywhere. */
const inOrder = (counted: CountedBudget[]) => [...counted].sort((a, b) => (a.account < b.account ? -1 : 1))

/** What a call costs by a budget's currency; nothing where no price in it is known. */
const moneyIn = ({ money }: CountedBudget, { cost }: Amount): number =>
  money && cost && cost.currency === money.currency ? cost.cost : 0

const unitsOf = (budget: CountedBudget, state: State) => [
  ...(budget.tokens === undefined
    ? []
    : [
        {
          unit: 'tokens',
          limit: budget.tokens + state.tokensGranted,
          used: state.tokensUsed,
          held: state.tokensHeld,
          of: ({ tokens }: Amount) => tokens,
        },
      ]),
  ...(budget.money
    ? [
        {
          unit: budget.money.currency,
          limit: budget.money.amount + state.moneyGranted,
          used: state.moneyUsed,
          held: state.moneyHeld,
          of: (amount: Amount) => moneyIn(budget, amount),
        },
      ]
    : []),
]
