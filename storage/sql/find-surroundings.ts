import { type SQL, sql } from 'drizzle-orm'
import type { Brand } from '../../shared/contract/brand.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Settings } from '../../shared/contract/settings.ts'
import type { CountedBudget } from '../../shared/contract/spending.ts'
import { accountOf } from './budgets.ts'
import type { Database } from './database.ts'
import type { Place } from './memory.ts'
import { type Looked, looking } from './recall.ts'
import { budgets, workspaces } from './schema.ts'

/** Who uses models, as far as budgets are concerned: a run, or the workspace itself. */
export interface Spender {
  workspaceId: string
  workflowId?: string | undefined
  /** The workflows of the runs above. */
  callers?: string[] | undefined
  budgets?: CountedBudget[] | undefined
}

/** What a step has around it. */
export interface Surroundings {
  name: string
  brand: Brand
  settings: Settings
  /** Every budget that counts a call of the run: those that it brings along, and those that admins have set. */
  budgets: CountedBudget[]
}

type BudgetRow = Pick<
  typeof budgets.$inferSelect,
  'budgetId' | 'period' | 'tokens' | 'amount' | 'currency'
> & {
  isWorkspaces: boolean
}

/** The same, with what a turn may be told of those before it. */
export const findTurnsSurroundings = async (
  db: Database,
  turn: Spender & Place,
): Promise<Surroundings & { looked: Looked }> => {
  const { beside, ...around } = await find<Looked>(db, turn, looking(turn))
  return { ...around, looked: beside }
}

/** Asks once for all of it: every step that uses a model does. @throws Refusal NotFound */
export async function findSurroundings(db: Database, spender: Spender): Promise<Surroundings> {
  const { beside: _, ...around } = await find(db, spender, sql`null`)
  return around
}

async function find<T>(
  db: Database,
  { workspaceId, workflowId, callers = [], budgets: own = [] }: Spender,
  beside: SQL,
): Promise<Surroundings & { beside: T }> {
  const workflowIds = JSON.stringify(workflowId ? [workflowId, ...callers] : callers)
  const { rows } = await db.execute<
    Omit<Surroundings, 'budgets'> & { budgets: BudgetRow[] | null; beside: T }
  >(sql`
    select name, brand, settings, (
      select json_agg(json_build_object('budgetId', budget_id, 'period', period, 'tokens', tokens, 'amount', amount,
        'currency', currency, 'isWorkspaces', workflow_id is null))
      from ${budgets} as budget
      where budget.workspace_id = ${workspaceId}::uuid and (
        workflow_id is null or workflow_id::text in (select jsonb_array_elements_text(${workflowIds}::jsonb)))
    ) as budgets, ${beside} as beside
    from ${workspaces} where workspace_id = ${workspaceId}::uuid`)
  const [row] = rows
  if (!row) throw new Refusal('NotFound', `No workspace has the id ${workspaceId}.`)
  const set = (row.budgets ?? []).map(
    ({ isWorkspaces, tokens, amount, currency, ...budget }): CountedBudget => ({
      account: accountOf(budget, row.settings.timeZone),
      per: isWorkspaces ? 'workspace' : 'workflow',
      period: budget.period,
      ...(tokens === null ? {} : { tokens }),
      ...(amount === null || currency === null ? {} : { money: { amount, currency } }),
    }),
  )
  return { ...row, budgets: [...own, ...set] }
}
