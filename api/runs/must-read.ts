import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Database } from '../../storage/sql/database.ts'
import { findInstance, type InstanceRow } from '../../storage/sql/find-instance.ts'

/** A run that the caller may read. @throws Refusal `NotFound`, also for one of others: to the caller that is the same */
export async function mustRead(db: Database, caller: Caller, instanceUuid: string): Promise<InstanceRow> {
  const run = await findInstance(db, caller, instanceUuid)
  if (!run) throw new Refusal('NotFound', 'there is no such run')
  return run
}

/** @throws Refusal `NotFound` naming what was looked for, when there is none */
export function must<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new Refusal('NotFound', `there is no such ${what}`)
  return found
}
