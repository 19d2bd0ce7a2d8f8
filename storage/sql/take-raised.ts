import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { budgetAccounts, budgets, instances, requests, workspaces } from './schema.ts'

/** Seconds after which a run that was told of a raise, and still waits, is told again. */
const againAfter = 60
/** Runs that are told in one go. */
const atOnce = 200

/**
 * The runs and conversations that wait for a budget which has room for them by now, by their Temporal workflow: it was
 * raised, taken away, granted elsewhere, or its day or month is over. Taking them counts as telling them, so that several
 * processes share the work.
 */
export async function takeRaised(db: Database): Promise<string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
    with waiting as (
      select request_id, instance_uuid, workspace_id, request -> 'budget' as spent, request #>> '{budget,account}' as account
      from ${requests}
      where kind = 'budget' and closed_at is null
        and (told_at is null or told_at < now() - make_interval(secs => ${againAfter}))
    ), limited as (
      select waiting.*,
        account like 'budget:%' as is_set,
        budget.budget_id as found,
        concat_ws(':', 'budget', budget.budget_id, case budget.period
          when 'day' then to_char(now() at time zone (settings ->> 'timeZone'), 'YYYY-MM-DD')
          when 'month' then to_char(now() at time zone (settings ->> 'timeZone'), 'YYYY-MM')
        end) as account_now,
        case when account like 'budget:%' then budget.tokens else (spent ->> 'tokens')::bigint end as most_tokens,
        case when account like 'budget:%' then budget.amount else (spent #>> '{money,amount}')::numeric end as most_money
      from waiting
      join ${workspaces} using (workspace_id)
      left join ${budgets} budget on account like 'budget:%' and budget.budget_id::text = split_part(account, ':', 2)
    ), roomy as (
      select request_id from limited
      left join ${budgetAccounts} used using (workspace_id, account)
      where (is_set and (found is null or account <> account_now)) or (
        (most_tokens is null or coalesce(tokens_used, 0) + (spent #>> '{least,tokens}')::numeric
          <= most_tokens + coalesce(tokens_granted, 0))
        and (most_money is null or coalesce(money_used, 0) + (spent #>> '{least,money}')::numeric
          <= most_money + coalesce(money_granted, 0))
      )
      limit ${atOnce}
    ), told as (
      update ${requests} set told_at = now()
      where request_id in (select request_id from roomy) and closed_at is null
        and (told_at is null or told_at < now() - make_interval(secs => ${againAfter}))
      returning instance_uuid
    )
    select distinct temporal_workflow_id as id from told join ${instances} using (instance_uuid)`)
  return rows.map(({ id }) => id)
}
