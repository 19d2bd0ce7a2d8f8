import { and, eq } from 'drizzle-orm'
import type { Assets } from './assets/assets.ts'
import type { Database } from './sql/database.ts'
import { files } from './sql/schema.ts'
import { type ReadingLimits, type ReadText, readText } from './text/read-text.ts'

export type FileText =
  | { ok: true; text: string; truncated: boolean }
  | { ok: false; code: string; reason: string }

/**
 * The text of a stored file. It is read once, in a thread of its own, and kept beside the file; a file that cannot be
 * read keeps the reason, which is written for the person who uploaded it.
 */
export async function readFileText(
  { db, assets }: { db: Database; assets: Assets },
  workspaceId: string,
  fileId: string,
): Promise<FileText> {
  const mine = and(eq(files.workspaceId, workspaceId), eq(files.fileId, fileId))
  const [file] = await db.select({ name: files.name, reading: files.reading }).from(files).where(mine)
  if (!file) return { ok: false, code: 'NotFound', reason: `No file has the id ${fileId}.` }
  const text = { workspaceId, fileId, part: 'text' } as const
  if (file.reading && !file.reading.ok) return file.reading
  if (file.reading?.ok)
    return {
      ok: true,
      truncated: file.reading.truncated,
      text: new TextDecoder().decode(await assets.bytes(text)),
    }
  const read = await assets.onDisk({ ...text, part: 'original' }, (path) =>
    readText({ path, name: file.name }),
  )
  if (!read.ok) {
    // A reading that took too long on a busy machine may succeed later: only what the file itself says is kept.
    if (read.code !== 'TooSlow') await db.update(files).set({ reading: read }).where(mine)
    return read
  }
  await assets.put(text, new TextEncoder().encode(read.text))
  await db
    .update(files)
    .set({ reading: { ok: true, truncated: read.truncated } })
    .where(mine)
  return { ok: true, text: read.text, truncated: read.truncated }
}

/** The text of a stored file within limits of the caller's own. It is read anew, and not kept. */
export async function readStoredFile(
  { db, assets }: { db: Database; assets: Assets },
  { workspaceId, fileId }: { workspaceId: string; fileId: string },
  limits: ReadingLimits,
  signal: AbortSignal,
): Promise<ReadText | Extract<FileText, { ok: false }>> {
  const mine = and(eq(files.workspaceId, workspaceId), eq(files.fileId, fileId))
  const [file] = await db.select({ name: files.name }).from(files).where(mine)
  if (!file) return { ok: false, code: 'NotFound', reason: 'The file is not there any more.' }
  return assets.onDisk({ workspaceId, fileId, part: 'original' }, (path) =>
    readText({ path, name: file.name }, limits, signal),
  )
}
