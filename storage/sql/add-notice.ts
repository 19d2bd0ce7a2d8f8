import { randomUUID } from 'node:crypto'
import { tell } from '../live/live.ts'
import type { Transaction } from './database.ts'
import { notices } from './schema.ts'

export interface NewNotice {
  userId: string
  /** Its cause: the same notice is given once. */
  key: string
  kind: string
  text: string
  fileId?: string | undefined
}

/** Where a notice belongs: an app, and the run it is about, where there is one. */
interface NoticePlace {
  workspaceId: string
  appId: string
  instanceUuid?: string | undefined
}

/** Puts a notice into a person's inbox and tells readers. It leads to its asset in the Library, or else to the run it is about. */
export async function addNotice(tx: Transaction, place: NoticePlace, notice: NewNotice): Promise<void> {
  const { workspaceId, appId, instanceUuid } = place
  const run = instanceUuid ? `/runs/${instanceUuid}` : null
  await tx
    .insert(notices)
    .values({
      id: randomUUID(),
      workspaceId,
      appId,
      instanceUuid,
      href: notice.fileId ? `/library/${notice.fileId}` : run,
      ...notice,
    })
    .onConflictDoNothing()
  await tell(tx, { t: 'notice', workspaceId, appId, userId: notice.userId })
}
