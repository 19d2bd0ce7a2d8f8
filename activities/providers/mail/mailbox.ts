import { idFrom } from '../../../storage/id-from.ts'
import type { Database } from '../../../storage/sql/database.ts'
import { mails } from '../../../storage/sql/schema.ts'
import type { Mailer } from './port.ts'
import { markdownAsText } from './render-body.ts'

/** The embedded mailbox: mails stay in the workspace, readable under `R/mailbox`. The key is the row's id. */
export const createMailbox = ({ db, from }: { db: Database; from: string }): Mailer => ({
  repeatable: true,
  send: async (mail, { key }) => {
    await db
      .insert(mails)
      .values({
        mailId: idFrom(key),
        workspaceId: mail.workspaceId,
        appId: mail.appId,
        instanceUuid: mail.instanceUuid,
        from,
        to: mail.to,
        subject: mail.subject,
        text: markdownAsText(mail.body),
        attachments: mail.attachments.map(({ content: _, ...file }) => file),
      })
      .onConflictDoNothing()
  },
})
