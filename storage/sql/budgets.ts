import { randomUUID } from 'node:crypto'
import { and, asc, eq, inArray, or, sql } from 'drizzle-orm'
import type { Budget, BudgetBody } from '../../shared/contract/api/budgets.ts'
import type { Page, PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Database } from './database.ts'
import { findWorkspace } from './find-workspace.ts'
import { isDuplicate } from './is-duplicate.ts'
import { readCursor, TimeKey, toPage } from './page.ts'
import { budgetAccounts, budgetReservations, budgets, workflows } from './schema.ts'

type Row = typeof budgets.$inferSelect

/** Where what is used of a budget is summed: each day, or month, in an account of its own. */
export function accountOf({ budgetId, period }: Pick<Row, 'budgetId' | 'period'>, timeZone: string): string {
  if (period === 'total') return `budget:${budgetId}`
  const day = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(new Date())
  return `budget:${budgetId}:${period === 'day' ? day : day.slice(0, 7)}`
}

/** Budgets of the workspace, and of the app's workflows. */
const seenBy = ({ workspaceId, appId }: Caller) =>
  and(
    eq(budgets.workspaceId, workspaceId),
    or(
      sql`${budgets.workflowId} is null`,
      sql`exists (select from ${workflows} where ${workflows.workflowId} = ${budgets.workflowId} and ${workflows.appId} = ${appId})`,
    ),
  )

/** The oldest first, each with what was used of it. */
export async function listBudgets(
  db: Database,
  caller: Caller,
  { limit, cursor }: PageQuery,
): Promise<Page<Budget>> {
  const after = readCursor(cursor, TimeKey)
  const rows = await db
    .select()
    .from(budgets)
    .where(
      and(
        seenBy(caller),
        after &&
          sql`(${budgets.createdAt}, ${budgets.budgetId}) > (${after[0]}::timestamptz, ${after[1]}::uuid)`,
      ),
    )
    .orderBy(asc(budgets.createdAt), asc(budgets.budgetId))
    .limit(limit + 1)
  const page = toPage(rows, limit, {
    item: (row) => row,
    key: (row) => [row.createdAt.toISOString(), row.budgetId],
  })
  return { ...page, items: await withUse(db, caller, page.items) }
}

export async function findBudget(
  db: Database,
  caller: Caller,
  budgetId: string,
): Promise<Budget | undefined> {
  const rows = await db
    .select()
    .from(budgets)
    .where(and(seenBy(caller), eq(budgets.budgetId, budgetId)))
  return (await withUse(db, caller, rows))[0]
}

/** @throws Refusal `Conflict` when there is one for the same, `NotFound` for a workflow that is not of the app */
export async function addBudget(db: Database, caller: Caller, body: BudgetBody): Promise<Budget> {
  const budgetId = randomUUID()
  await mustHaveWorkflow(db, caller, body)
  try {
    await db.insert(budgets).values({ budgetId, workspaceId: caller.workspaceId, ...columnsOf(body) })
  } catch (error) {
    throw isDuplicate(error) ? taken(body) : error
  }
  return (await findBudget(db, caller, budgetId)) as Budget
}

/** What was used, and what was granted, stays. @throws Refusal as `addBudget` */
export async function replaceBudget(
  db: Database,
  caller: Caller,
  budgetId: string,
  body: BudgetBody,
): Promise<Budget | undefined> {
  await mustHaveWorkflow(db, caller, body)
  try {
    await db
      .update(budgets)
      .set({ ...columnsOf(body), updatedAt: sql`now()` })
      .where(and(seenBy(caller), eq(budgets.budgetId, budgetId)))
  } catch (error) {
    throw isDuplicate(error) ? taken(body) : error
  }
  return findBudget(db, caller, budgetId)
}

export async function removeBudget(db: Database, caller: Caller, budgetId: string): Promise<boolean> {
  const gone = await db
    .delete(budgets)
    .where(and(seenBy(caller), eq(budgets.budgetId, budgetId)))
    .returning({ budgetId: budgets.budgetId })
  return gone.length > 0
}

const columnsOf = ({ workflowId, period, tokens, money }: BudgetBody) => ({
  workflowId: workflowId ?? null,
  period,
  tokens: tokens ?? null,
  amount: money?.amount ?? null,
  currency: money?.currency ?? null,
})

async function mustHaveWorkflow(
  db: Database,
  { workspaceId, appId }: Caller,
  { workflowId }: BudgetBody,
): Promise<void> {
  if (!workflowId) return
  const [found] = await db
    .select({ workflowId: workflows.workflowId })
    .from(workflows)
    .where(
      and(
        eq(workflows.workspaceId, workspaceId),
        eq(workflows.appId, appId),
        eq(workflows.workflowId, workflowId),
        sql`${workflows.deletedAt} is null`,
      ),
    )
  if (!found) throw new Refusal('Invalid', `workflowId: this app has no workflow ${workflowId}`)
}

const taken = ({ per, period }: BudgetBody) =>
  new Refusal(
    'Conflict',
    `there is a budget per ${per} for the period “${period}” already: replace that one, or take another period`,
  )

/** Budgets with what was used and is held in the account of the moment. */
async function withUse(db: Database, { workspaceId }: Caller, rows: Row[]): Promise<Budget[]> {
  if (rows.length === 0) return []
  const { settings } = await findWorkspace(db, workspaceId)
  const accounts = rows.map((row) => accountOf(row, settings.timeZone))
  const [used, held] = await Promise.all([
    db
      .select()
      .from(budgetAccounts)
      .where(and(eq(budgetAccounts.workspaceId, workspaceId), inArray(budgetAccounts.account, accounts))),
    db
      .select({
        account: budgetReservations.account,
        tokens: sql<number>`sum(${budgetReservations.tokens})::float`,
        money: sql<number>`sum(${budgetReservations.money})::float`,
      })
      .from(budgetReservations)
      .where(
        and(
          eq(budgetReservations.workspaceId, workspaceId),
          inArray(budgetReservations.account, accounts),
          sql`${budgetReservations.expiresAt} > now()`,
        ),
      )
      .groupBy(budgetReservations.account),
  ])
  return rows.map((row, index) => {
    const of = used.find(({ account }) => account === accounts[index])
    const reserved = held.find(({ account }) => account === accounts[index])
    return {
      budgetId: row.budgetId,
      per: row.workflowId === null ? 'workspace' : 'workflow',
      workflowId: row.workflowId,
      period: row.period,
      tokens: row.tokens,
      money:
        row.amount === null || row.currency === null ? null : { amount: row.amount, currency: row.currency },
      used: { tokens: of?.tokensUsed ?? 0, money: of?.moneyUsed ?? 0 },
      reserved: { tokens: reserved?.tokens ?? 0, money: reserved?.money ?? 0 },
      limit: {
        tokens: row.tokens === null ? null : row.tokens + (of?.tokensGranted ?? 0),
        money: row.amount === null ? null : row.amount + (of?.moneyGranted ?? 0),
      },
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
    }
  })
}
