import { randomUUID } from 'node:crypto'
import type { RunRef } from '../../shared/contract/run-ref.ts'
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

/** Puts a notice into a person's inbox and tells readers. It leads to the run it is about. */
export async function addNotice(tx: Transaction, run: RunRef, notice: NewNotice): Promise<void> {
  const { workspaceId, appId, instanceUuid } = run
  await tx
    .insert(notices)
    .values({ id: randomUUID(), workspaceId, appId, instanceUuid, href: `/runs/${instanceUuid}`, ...notice })
    .onConflictDoNothing()
  await tell(tx, { t: 'notice', workspaceId, appId, userId: notice.userId })
}
