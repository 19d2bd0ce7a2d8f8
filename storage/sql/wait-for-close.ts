import { setTimeout as pause } from 'node:timers/promises'
import { and, eq, isNull } from 'drizzle-orm'
import type { Database } from './database.ts'
import { requests } from './schema.ts'

const askEvery = 25

/**
 * Waits until the read models know that a request is closed, at most `within` milliseconds: the run has taken the reply
 * already, and writes it down with its next step.
 */
export async function waitForClose(
  db: Database,
  workspaceId: string,
  requestId: string,
  within: number,
): Promise<void> {
  const open = and(
    eq(requests.workspaceId, workspaceId),
    eq(requests.requestId, requestId),
    isNull(requests.closedAt),
  )
  for (const end = Date.now() + within; Date.now() < end; await pause(askEvery)) {
    const rows = await db.select({ requestId: requests.requestId }).from(requests).where(open)
    if (rows.length === 0) return
  }
}
