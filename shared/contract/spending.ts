import { z } from 'zod'
import type { Cost } from './prices.ts'

/** What model calls may use: tokens, money, or both. */
export const Money = z.strictObject({
  amount: z.number().positive().max(1_000_000_000),
  currency: z.string().regex(/^[A-Z]{3}$/, 'three capital letters, for example USD'),
})

/** What a budget is for. */
export const BudgetPer = z.enum(['run', 'session', 'workflow', 'workspace'])
export type BudgetPer = z.infer<typeof BudgetPer>

/** When what was used counts anew, in the workspace's time zone. */
export const BudgetPeriod = z.enum(['total', 'day', 'month'])
export type BudgetPeriod = z.infer<typeof BudgetPeriod>

/** A budget that a call is counted against. What was used is summed by account. */
export const CountedBudget = z.object({
  account: z.string(),
  per: BudgetPer,
  period: BudgetPeriod.optional(),
  tokens: z.number().optional(),
  money: z.object({ amount: z.number(), currency: z.string() }).optional(),
})
export type CountedBudget = z.infer<typeof CountedBudget>

/** A budget that is used up, as the person who is asked to raise it sees it. */
export const SpentBudget = CountedBudget.extend({
  /** What it ran out of: `tokens`, or a currency. */
  unit: z.string(),
  used: z.number(),
  /** With what was granted so far. */
  limit: z.number(),
  /** What the call that waits takes at least: a grant leaves room for it. */
  least: z.object({ tokens: z.number(), money: z.number() }),
})
export type SpentBudget = z.infer<typeof SpentBudget>

/** What a call takes, or may take. */
export interface Amount {
  tokens: number
  cost?: Cost | undefined
}

interface Own {
  budget?: { tokens?: number | undefined; money?: z.infer<typeof Money> | undefined; per: string } | undefined
}

/**
 * The budgets that a definition gives its runs, behind those of the runs above: what a subworkflow or an action uses
 * counts for the run, the session and the workflow that called it, too. A run has no session: a budget for one is the
 * run's.
 */
export function budgetsOf(
  { budget }: Own,
  {
    workflowId,
    instanceUuid,
    chatSessionId,
  }: { workflowId: string; instanceUuid: string; chatSessionId?: string },
  above: CountedBudget[] = [],
): CountedBudget[] {
  if (!budget || (budget.tokens === undefined && !budget.money)) return above
  const { tokens, money } = budget
  const per =
    budget.per === 'session' && !chatSessionId ? 'run' : (budget.per as 'run' | 'session' | 'workflow')
  const id = { run: instanceUuid, session: chatSessionId, workflow: workflowId }[per]
  const account = `${per}:${id}`
  // A workflow that calls itself counts once.
  if (above.some((one) => one.account === account)) return above
  return [
    ...above,
    {
      account,
      per,
      ...(tokens === undefined ? {} : { tokens }),
      ...(money ? { money } : {}),
    },
  ]
}

/** Whose budget it is, in the words of a question. */
const owners: Record<BudgetPer, string> = {
  run: 'this run',
  session: 'this conversation',
  workflow: 'this workflow',
  workspace: 'the workspace',
}
const periods: Record<BudgetPeriod, string> = { total: '', day: ' for today', month: ' for this month' }

/** `The budget of this run is used up: 1,204 of 1,200 tokens.` */
export function tellSpent({ per, period = 'total', unit, used, limit }: SpentBudget): string {
  return `The budget of ${owners[per]}${periods[period]} is used up: ${show(used, unit)} of ${show(limit, unit)} ${unit}.`
}

/** What an approval adds, in words: `1,200 tokens and 2 EUR`. */
export const tellAmount = ({ tokens, money }: Pick<CountedBudget, 'tokens' | 'money'>): string =>
  [
    ...(tokens === undefined ? [] : [`${show(tokens, 'tokens')} tokens`]),
    ...(money ? [`${show(money.amount, money.currency)} ${money.currency}`] : []),
  ].join(' and ')

const show = (value: number, unit: string): string =>
  unit === 'tokens'
    ? Math.round(value).toLocaleString('en-US')
    : value.toLocaleString('en-US', { maximumFractionDigits: 4 })
