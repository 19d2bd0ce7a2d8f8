import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { JournalEntry } from '../../shared/contract/journal.ts'
import { withoutImages } from '../../shared/contract/without-images.ts'
import type { Transaction } from './database.ts'
import { hasKeys } from './lock-run.ts'
import { journal } from './schema.ts'

interface Stream {
  workspaceId: string
  streamId: string
  nextSeq: number
  /** Where the entries come from. */
  instanceUuid: string
  /** A key as it is unique in the stream. */
  keyIn?: (key: string) => string
}

/**
 * Appends the entries that a stream does not have yet, and gives those, with the number of the last. In one statement:
 * whoever calls holds the lock of the stream's sequence.
 */
export async function appendEntries(
  tx: Transaction,
  { workspaceId, streamId, nextSeq, instanceUuid, keyIn = (key) => key }: Stream,
  entries: JournalEntry[],
): Promise<{ fresh: JournalEntry[]; seq: number }> {
  const hashed = entries.map(asKept)
  const given = hashed.map(({ key, event, at, ...data }, number) => ({
    number,
    key: keyIn(key),
    event,
    at,
    data,
  }))
  const keys = given.map(({ key }) => key)
  const { rows } = await tx.execute<{ number: number }>(sql`
    with given as (
      select * from jsonb_to_recordset(${sql.param(given, journal.data)}::jsonb)
        as entry (number int, key text, event text, at timestamptz(3), data jsonb)
    ), fresh as (
      select *, row_number() over (order by number) - 1 as place from given
      where key <> all(array(select key from ${journal} where ${hasKeys(workspaceId, streamId, keys)}))
    ), written as (
      insert into ${journal} (stream_id, seq, workspace_id, instance_uuid, key, event, data, at)
      select ${streamId}::uuid, ${nextSeq}::bigint + place, ${workspaceId}::uuid, ${instanceUuid}::uuid,
        key, event, data, at
      from fresh
    )
    select number from fresh order by number`)
  const fresh = rows.flatMap(({ number }) => hashed[number] ?? [])
  return { fresh, seq: nextSeq + fresh.length - 1 }
}

/** An entry as it stands in a journal. */
export const asKept = (entry: JournalEntry): JournalEntry => withHash(withLinksOnly(entry))

/** A chat shows no images from elsewhere, whoever wrote them into it; what the user said stays as it was said. */
function withLinksOnly(entry: JournalEntry): JournalEntry {
  if (entry.event === 'message' && entry.role !== 'user') return { ...entry, text: withoutImages(entry.text) }
  if (entry.event === 'requestOpened') return { ...entry, question: withoutImages(entry.question) }
  return entry
}

/** What an approver is shown carries the hash of it, so that a decision is about exactly that. */
function withHash(entry: JournalEntry): JournalEntry {
  if (entry.event !== 'requestOpened' || !entry.artifact) return entry
  const { text = null, fileIds = [] } = entry.artifact
  const sha256 = createHash('sha256').update(JSON.stringify({ fileIds, text })).digest('hex')
  return { ...entry, artifact: { ...entry.artifact, sha256 } }
}
