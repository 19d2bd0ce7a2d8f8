import { api } from '../../shared/contract/api/index.ts'
import { addBudget, findBudget, listBudgets, removeBudget, replaceBudget } from '../../storage/sql/budgets.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { must } from '../runs/must-read.ts'

export function bindBudgets(bind: Binder, { db }: Deps): void {
  bind(api.budgets.list, ({ caller, query }) => listBudgets(db, caller, query))
  bind(api.budgets.create, ({ caller, body }) => addBudget(db, caller, body))
  bind(api.budgets.get, async ({ caller, params }) =>
    must(await findBudget(db, caller, params.budgetId), 'budget'),
  )
  bind(api.budgets.replace, async ({ caller, params, body }) =>
    must(await replaceBudget(db, caller, params.budgetId, body), 'budget'),
  )
  bind(api.budgets.remove, async ({ caller, params }) => {
    must((await removeBudget(db, caller, params.budgetId)) || undefined, 'budget')
    return undefined
  })
}
