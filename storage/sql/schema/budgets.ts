import { sql } from 'drizzle-orm'
import {
  bigint,
  index,
  integer,
  numeric,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { BudgetPeriod } from '../../../shared/contract/spending.ts'
import { at } from './columns.ts'
import { workflows } from './definitions.ts'
import { workspaces } from './tenants.ts'

const tokens = (name: string) => bigint(name, { mode: 'number' })
const money = (name: string) => numeric(name, { mode: 'number' })

/** What an admin allows a workspace, or one of its workflows, to use. */
export const budgets = pgTable(
  'budgets',
  {
    budgetId: uuid('budget_id').primaryKey(),
    workspaceId: uuid('workspace_id')
      .notNull()
      .references(() => workspaces.workspaceId),
    /** Null for the whole workspace. */
    workflowId: uuid('workflow_id').references(() => workflows.workflowId),
    period: text('period').$type<BudgetPeriod>().notNull(),
    tokens: tokens('tokens'),
    amount: money('amount'),
    currency: text('currency'),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('budgets_one_each').on(
      table.workspaceId,
      sql`coalesce(workflow_id, '00000000-0000-0000-0000-000000000000')`,
      table.period,
    ),
  ],
)

/** What was used of a budget, and what people granted beside it. A period has an account of its own. */
export const budgetAccounts = pgTable(
  'budget_accounts',
  {
    workspaceId: uuid('workspace_id').notNull(),
    account: text('account').notNull(),
    tokensUsed: tokens('tokens_used').notNull().default(0),
    moneyUsed: money('money_used').notNull().default(0),
    tokensGranted: tokens('tokens_granted').notNull().default(0),
    moneyGranted: money('money_granted').notNull().default(0),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.account] })],
)

/** What calls under way may still use. One whose process died goes with its next attempt, or when it expires. */
export const budgetReservations = pgTable(
  'budget_reservations',
  {
    reservationId: uuid('reservation_id').notNull(),
    workspaceId: uuid('workspace_id').notNull(),
    account: text('account').notNull(),
    /** The call it is for. */
    instanceUuid: uuid('instance_uuid').notNull(),
    path: text('path').notNull(),
    ordinal: integer('ordinal').notNull(),
    tokens: tokens('tokens').notNull(),
    money: money('money').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.reservationId, table.account] }),
    index('budget_reservations_held').on(table.workspaceId, table.account),
    index('budget_reservations_expired').on(table.expiresAt),
  ],
)
