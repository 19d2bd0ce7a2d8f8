import { z } from 'zod'
import { BudgetPeriod, Money } from '../spending.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { admin, admins, builders, Id, Scope, scopeParams, Time } from './scope.ts'

const Per = z.enum(['workspace', 'workflow'])

export const BudgetBody = z
  .strictObject({
    per: Per,
    /** Of `per: workflow`. */
    workflowId: Id.optional(),
    period: BudgetPeriod.default('total'),
    tokens: z.int().positive().max(1e15).optional(),
    money: Money.optional(),
  })
  .refine(({ tokens, money }) => tokens !== undefined || money, {
    message: 'say how much: "tokens", "money" or both',
    path: ['tokens'],
  })
  .refine(({ per, workflowId }) => (per === 'workflow') === (workflowId !== undefined), {
    message: '"workflowId" belongs to "per": "workflow", and only there',
    path: ['workflowId'],
  })
export type BudgetBody = z.infer<typeof BudgetBody>

const Sums = z.object({ tokens: z.number(), money: z.number() })

export const Budget = z
  .object({
    budgetId: Id,
    per: Per,
    workflowId: Id.nullable(),
    period: BudgetPeriod,
    tokens: z.number().nullable(),
    money: z.object({ amount: z.number(), currency: z.string() }).nullable(),
    /** In this period, since the budget was set. */
    used: Sums,
    /** By calls under way. */
    reserved: Sums,
    /** With what was granted in this period. */
    limit: z.object({ tokens: z.number().nullable(), money: z.number().nullable() }),
    createdAt: Time,
    updatedAt: Time,
  })
  .meta({ id: 'Budget' })
export type Budget = z.infer<typeof Budget>

const BudgetParams = z.object({ ...scopeParams, budgetId: Id })
const path = `${admin}/budgets` as const

export const budgets = {
  list: route({
    name: 'listBudgets',
    method: 'get',
    path,
    tag: 'Workspace',
    summary: 'Budgets of the workspace and of the app’s workflows, with what is used of them',
    access: builders,
    params: Scope,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of budgets', body: pageOf(Budget) },
  }),
  create: route({
    name: 'createBudget',
    method: 'post',
    path,
    tag: 'Workspace',
    summary: 'Limits what models may use: tokens, money or both; in all, by day or by month',
    description:
      'It counts from now on. Money counts by the operator’s `prices`, where they are in its currency. A run that comes to the limit waits and asks the admins; days and months are those of the workspace’s time zone.',
    access: admins,
    params: Scope,
    body: BudgetBody,
    reply: { status: 201, description: 'Set', body: Budget },
    problems: ['Conflict', 'Invalid'],
    idempotent: true,
  }),
  get: route({
    name: 'getBudget',
    method: 'get',
    path: `${path}/{budgetId}`,
    tag: 'Workspace',
    summary: 'One budget, with what is used of it',
    access: builders,
    params: BudgetParams,
    reply: { status: 200, description: 'The budget', body: Budget },
  }),
  replace: route({
    name: 'replaceBudget',
    method: 'put',
    path: `${path}/{budgetId}`,
    tag: 'Workspace',
    summary: 'Replaces a budget. What was used, and granted, stays',
    access: admins,
    params: BudgetParams,
    body: BudgetBody,
    reply: { status: 200, description: 'The budget', body: Budget },
    problems: ['Conflict', 'Invalid'],
    idempotent: true,
  }),
  remove: route({
    name: 'deleteBudget',
    method: 'delete',
    path: `${path}/{budgetId}`,
    tag: 'Workspace',
    summary: 'Takes a budget away. Runs that wait for it go on within the hour',
    access: admins,
    params: BudgetParams,
    reply: { status: 204, description: 'Taken away' },
  }),
}
