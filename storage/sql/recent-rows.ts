import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { Database } from './database.ts'
import type { Locked } from './lock-run.ts'
import type { LockedRun } from './run-row.ts'
import type { LockedSession } from './session-row.ts'

/** Rows that a process keeps in mind, and what one of them may have, in bytes of JSON. */
const most = 1_000
const mostBytes = 16_000

/**
 * How the rows of runs and sessions stood when this process last wrote them. Where one was changed since, by whomever, its
 * mark is another: a write that goes by what is kept here finds that out, and looks.
 */
export interface RecentRows {
  find(of: Pick<RunRef, 'workspaceId' | 'instanceUuid' | 'chatSessionId'>): Partial<Locked>
  keep(rows: Partial<Locked>): void
  forget(): void
}

const ofDatabase = new WeakMap<Database, RecentRows>()

export function recentRows(db: Database): RecentRows {
  const known = ofDatabase.get(db)
  if (known) return known
  const made = createRecentRows()
  ofDatabase.set(db, made)
  return made
}

function createRecentRows(): RecentRows {
  const rows = new Map<string, LockedRun | LockedSession>()
  const keep = (key: string, row: LockedRun | LockedSession, isOver: boolean) => {
    rows.delete(key)
    if (isOver || JSON.stringify(row.view).length > mostBytes) return
    rows.set(key, row)
    for (const [oldest] of rows) {
      if (rows.size <= most) break
      rows.delete(oldest)
    }
  }
  return {
    find: ({ workspaceId, instanceUuid, chatSessionId }) => ({
      row: rows.get(keyOf(workspaceId, instanceUuid)) as LockedRun | undefined,
      session: chatSessionId
        ? (rows.get(keyOf(workspaceId, chatSessionId)) as LockedSession | undefined)
        : undefined,
    }),
    keep: ({ row, session }) => {
      if (row) keep(keyOf(row.workspaceId, row.instanceUuid), inBounds(row), row.view.finishedAt !== null)
      if (session) keep(keyOf(session.workspaceId, session.chatSessionId), session, session.endedAt !== null)
    },
    forget: () => rows.clear(),
  }
}

const inBounds = ({ said, ...row }: LockedRun): LockedRun =>
  said && JSON.stringify(said).length <= mostBytes ? { ...row, said } : row

/** An id counts in its workspace only. */
const keyOf = (workspaceId: string, id: string) => `${workspaceId}:${id}`
