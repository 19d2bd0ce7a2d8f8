import { type SQL, sql } from 'drizzle-orm'
import type { JournalEntry, RunView } from '../../shared/contract/journal.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import type { SessionView } from '../../shared/contract/session.ts'
import type { Transaction } from './database.ts'
import type { LockedRun } from './run-row.ts'
import { sameWorkspace } from './same-workspace.ts'
import { instances, journal, sessions } from './schema.ts'
import type { LockedSession } from './session-row.ts'

export interface Locked {
  row: LockedRun
  /** Of a turn. */
  session: LockedSession
}

/** An entry, and where it comes from: the run itself, one below it, or the session. */
export interface Placed {
  entry: JournalEntry
  of: string
}

/** What a run tells of itself. */
export const ownIn = ({ instanceUuid }: Pick<RunRef, 'instanceUuid'>, entries: Placed[]): JournalEntry[] =>
  entries.flatMap(({ entry, of }) => (of === instanceUuid ? [entry] : []))

/** An entry's key as it is unique in its stream: in a session's, those of a turn carry its id. */
export const keyIn = ({ chatSessionId }: Pick<RunRef, 'chatSessionId'>, { entry, of }: Placed): string =>
  chatSessionId && of !== chatSessionId ? `${of}:${entry.key}` : entry.key

/**
 * Entries of a stream by their keys. Given as an array, each is looked up by itself; joined, all of a long stream would be
 * gone through.
 */
export const hasKeys = (workspaceId: string, streamId: string, keys: string[]): SQL =>
  sql`stream_id = ${streamId}::uuid and key = any(${sql.param(keys)}::text[]) and ${sameWorkspace(workspaceId)}`

/**
 * Whether a stream has an entry with a key of `given`, a part of the statement, each looked up by itself. A plan for any keys costs
 * as much as one for these, which it would not with an array of them: so PostgreSQL makes it once and keeps it.
 */
export const hasGiven = (workspaceId: string, streamId: string): SQL => sql`exists (
  select from given cross join lateral (
    select from ${journal}
    where stream_id = ${streamId}::uuid and key = given.key and ${sameWorkspace(workspaceId)} limit 1
  ) as one
)`

/**
 * The run's row and, of a turn, its session's, locked as far as they are there: the session first, everywhere. Not locked
 * as if they could go away: rows that refer to a run, of lines beside this one, would then wait for each other. The count
 * has PostgreSQL lock the session before the run. Also gives which entries the stream does not have yet; among them may be some
 * that were written while the lock was waited for.
 */
export async function lockRun(
  tx: Transaction,
  run: Pick<RunRef, 'workspaceId' | 'instanceUuid' | 'chatSessionId'>,
  entries: Placed[],
): Promise<Partial<Locked> & { fresh: Placed[] }> {
  const { workspaceId, instanceUuid, chatSessionId } = run
  const keys = entries.map((one) => keyIn(run, one))
  const { rows } = await tx.execute<{
    app_id: string | null
    chat_session_id: string | null
    started_by_id: string | null
    next_seq: number
    view: RunView
    mark: string
    session: { next_seq: number; view: SessionView; ended_at: string | null; mark: string } | null
    known: string[] | null
  }>(sql`
    with session as materialized (
      select next_seq, view, ended_at, xmin::text as mark from ${sessions}
      where chat_session_id = ${chatSessionId ?? null}::uuid and ${sameWorkspace(workspaceId)}
      for no key update
    )
    select run.*, (select to_json(session) from session) as session, (
      select array_agg(key) from ${journal}
      where ${hasKeys(workspaceId, chatSessionId ?? instanceUuid, keys)}
    ) as known
    from (values (1)) as one left join lateral (
      select app_id, chat_session_id, started_by_id, next_seq::float8, view, xmin::text as mark from ${instances}
      where instance_uuid = ${instanceUuid}::uuid and ${sameWorkspace(workspaceId)}
        and (select count(*) from session) >= 0
      for no key update
    ) as run on true`)
  const [found] = rows
  const known = new Set(found?.known)
  const fresh = entries.filter((one) => !known.has(keyIn(run, one)))
  if (!found) return { fresh }
  const { session } = found
  return {
    fresh,
    ...(found.app_id === null
      ? {}
      : {
          row: {
            workspaceId,
            appId: found.app_id,
            instanceUuid,
            chatSessionId: found.chat_session_id,
            startedById: found.started_by_id,
            nextSeq: found.next_seq,
            view: found.view,
            mark: found.mark,
          },
        }),
    ...(session && chatSessionId
      ? {
          session: {
            workspaceId,
            chatSessionId,
            nextSeq: session.next_seq,
            view: session.view,
            endedAt: session.ended_at === null ? null : new Date(session.ended_at),
            mark: session.mark,
          },
        }
      : {}),
  }
}
