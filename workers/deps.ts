import type { Deps } from '../activities/deps.ts'
import { createDocuments } from '../activities/providers/documents/create-documents.ts'
import { createOpenAiEmbeddings } from '../activities/providers/embeddings/openai.ts'
import { createCards } from '../activities/providers/images/cards/create-cards.ts'
import { missingImages } from '../activities/providers/images/missing.ts'
import { createOpenAiImages } from '../activities/providers/images/openai.ts'
import { createMailbox } from '../activities/providers/mail/mailbox.ts'
import { createSmtpMailer } from '../activities/providers/mail/smtp.ts'
import { missingModels } from '../activities/providers/models/missing.ts'
import { createOpenAiModels } from '../activities/providers/models/openai.ts'
import { createGuardedFetch } from '../activities/providers/outbound/guarded-fetch.ts'
import { chooseSearch } from '../activities/providers/search/choose-search.ts'
import { createTools } from '../activities/providers/tools/create-tools.ts'
import { createOpenSecrets } from '../activities/providers/tools/open-secrets.ts'
import type { Config } from '../shared/config.ts'
import { actionTime } from '../shared/contract/action.ts'
import type { Logger } from '../shared/log.ts'
import { openAssets } from '../storage/assets/assets.ts'
import { openLive } from '../storage/live/live.ts'
import { masterKeysOf } from '../storage/secrets/master-keys.ts'
import { openDatabase } from '../storage/sql/database.ts'

export interface OpenDeps extends Deps {
  close(): Promise<void>
}

/** Chooses the real providers by configuration. */
export async function createDeps(config: Config, log: Logger): Promise<OpenDeps> {
  const db = openDatabase(config.DATABASE_URL, 20)
  const live = openLive({
    db,
    databaseUrl: config.DATABASE_URL,
    redisUrl: config.REDIS_URL,
    onRedis: (isUp) =>
      isUp ? log.info('Redis is back') : log.warn('Redis is away: live events go through PostgreSQL'),
  })
  const from = config.MAIL_FROM
  const keys = masterKeysOf(config.PARLEY_ENCRYPTION_KEY ?? [], config.dataDir)
  await keys.known()
  const outbound = createGuardedFetch({ allow: config.PARLEY_OUTBOUND_ALLOW })
  return {
    db,
    assets: await openAssets(config.assets),
    documents: createDocuments(),
    cards: createCards(),
    images:
      config.paints && config.OPENAI_IMAGE_MODEL
        ? createOpenAiImages({
            apiKey: config.OPENAI_API_KEY ?? 'none',
            baseUrl: config.OPENAI_BASE_URL,
            model: config.OPENAI_IMAGE_MODEL,
          })
        : missingImages,
    embeddings:
      config.OPENAI_EMBEDDING_MODEL && (config.OPENAI_API_KEY || config.OPENAI_BASE_URL)
        ? createOpenAiEmbeddings({
            apiKey: config.OPENAI_API_KEY ?? 'none',
            baseUrl: config.OPENAI_BASE_URL,
            model: config.OPENAI_EMBEDDING_MODEL,
          })
        : undefined,
    outbound,
    tools: createTools({
      db,
      outbound,
      openSecrets: createOpenSecrets(db, keys),
      operatorServers: config.PARLEY_CONFIG?.mcpServers ?? {},
    }),
    mailer: config.SMTP_URL
      ? createSmtpMailer({ smtpUrl: config.SMTP_URL, from })
      : createMailbox({ db, from }),
    search: chooseSearch(config),
    prices: config.PARLEY_CONFIG?.prices ?? {},
    actionTime,
    models:
      config.OPENAI_API_KEY || config.OPENAI_BASE_URL
        ? createOpenAiModels({
            // Local servers of that protocol ask for no key, but the client does.
            apiKey: config.OPENAI_API_KEY ?? 'none',
            baseUrl: config.OPENAI_BASE_URL,
            model: config.OPENAI_MODEL,
          })
        : missingModels,
    close: async () => {
      await live.close()
      await db.$client.end()
    },
  }
}
