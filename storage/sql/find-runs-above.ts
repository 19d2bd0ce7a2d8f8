import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { instances } from './schema.ts'

/** The Temporal workflows of the runs above a run: the one that called it, the one above that, and so on. */
export async function findRunsAbove(db: Database, instanceUuid: string): Promise<string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
    with recursive above as (
      select parent_instance_uuid as uuid from ${instances} where instance_uuid = ${instanceUuid}
      union
      select parent_instance_uuid from ${instances} join above on instance_uuid = above.uuid
    )
    select distinct temporal_workflow_id as id from ${instances} join above on instance_uuid = above.uuid
  `)
  return rows.map(({ id }) => id)
}
