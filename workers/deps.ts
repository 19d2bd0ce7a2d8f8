import type { Deps } from '../activities/deps.ts'
import { createDocuments } from '../activities/providers/documents/create-documents.ts'
import { createMailbox } from '../activities/providers/mail/mailbox.ts'
import { createSmtpMailer } from '../activities/providers/mail/smtp.ts'
import { missingModels } from '../activities/providers/models/missing.ts'
import { createOpenAiModels } from '../activities/providers/models/openai.ts'
import type { Config } from '../shared/config.ts'
import { openFolderAssets } from '../storage/assets/assets.ts'
import { openDatabase } from '../storage/sql/database.ts'

/** Chooses the real providers by configuration. */
export async function createDeps(config: Config): Promise<Deps> {
  const db = openDatabase(config.DATABASE_URL, 20)
  const from = config.MAIL_FROM
  return {
    db,
    assets: await openFolderAssets(config.assetsDir),
    documents: createDocuments(),
    mailer: config.SMTP_URL
      ? createSmtpMailer({ smtpUrl: config.SMTP_URL, from })
      : createMailbox({ db, from }),
    models:
      config.OPENAI_API_KEY || config.OPENAI_BASE_URL
        ? createOpenAiModels({
            // Local servers of that protocol ask for no key, but the client does.
            apiKey: config.OPENAI_API_KEY ?? 'none',
            baseUrl: config.OPENAI_BASE_URL,
            model: config.OPENAI_MODEL,
          })
        : missingModels,
  }
}
