import { type Config, readConfig, WrongEnvironment } from '../../shared/config.ts'
import { broken, type Finding, note, ok } from './finding.ts'

type Env = Record<string, string | undefined>

/** Stands in for the embedded PostgreSQL, whose address only `npm start` knows. */
const embeddedDatabase = 'postgres://embedded'

/** What this shell's environment sets, and whether it is right. The server may have been started with another one. */
export function checkEnvironment(env: Env): Finding[] {
  try {
    const config = readConfig({ ...env, DATABASE_URL: env.DATABASE_URL || embeddedDatabase })
    return [
      database(env),
      model(env, config),
      images(config),
      webSearch(config),
      knowledge(config),
      mail(config),
      publicUrl(config),
    ]
  } catch (error) {
    if (!(error instanceof WrongEnvironment)) throw error
    // The first line is the heading.
    return error.message
      .split('\n')
      .slice(1)
      .map((line) =>
        broken('Environment', line.trim(), 'Correct it, or leave it out for the embedded default.'),
      )
  }
}

const database = (env: Env): Finding =>
  env.DATABASE_URL
    ? ok('PostgreSQL', `DATABASE_URL: ${new URL(env.DATABASE_URL).host}`)
    : ok(
        'PostgreSQL',
        'embedded, brought by npm start',
        'Your own: DATABASE_URL=postgres://user:password@host:5432/parley',
      )

function model(env: Env, config: Config): Finding {
  if (config.OPENAI_API_KEY || config.OPENAI_BASE_URL) {
    const isDefault = !env.OPENAI_MODEL
    return ok(
      'Model',
      `${config.OPENAI_MODEL}${isDefault ? ' (the default; OPENAI_MODEL sets another)' : ''} at ${config.OPENAI_BASE_URL ?? 'OpenAI'}`,
    )
  }
  return note(
    'Model',
    'demo: rule-based, and labelled so wherever its words are shown',
    'A real one: OPENAI_API_KEY=… npm start; other providers: OPENAI_BASE_URL and OPENAI_MODEL too',
  )
}

const images = ({ OPENAI_IMAGE_MODEL, OPENAI_BASE_URL, paints }: Config): Finding =>
  paints
    ? ok('Images', `${OPENAI_IMAGE_MODEL} at ${OPENAI_BASE_URL ?? 'OpenAI'}`)
    : note(
        'Images',
        'cards only: nothing paints what a prompt describes',
        'A model that does: OPENAI_IMAGE_MODEL=gpt-image-1, with OPENAI_API_KEY',
      )

const webSearch = ({ SEARXNG_URL, BRAVE_API_KEY, TAVILY_API_KEY }: Config): Finding =>
  SEARXNG_URL
    ? ok('Web search', `SearXNG at ${new URL(SEARXNG_URL).host}`)
    : BRAVE_API_KEY || TAVILY_API_KEY
      ? ok('Web search', BRAVE_API_KEY ? 'Brave' : 'Tavily')
      : note(
          'Web search',
          'none: search steps are refused at publish',
          'SEARXNG_URL=https://…, BRAVE_API_KEY or TAVILY_API_KEY',
        )

const knowledge = ({ OPENAI_EMBEDDING_MODEL, OPENAI_BASE_URL }: Config): Finding =>
  OPENAI_EMBEDDING_MODEL
    ? ok(
        'Knowledge',
        `searched by words and by meaning: ${OPENAI_EMBEDDING_MODEL} at ${OPENAI_BASE_URL ?? 'OpenAI'}`,
      )
    : ok('Knowledge', 'searched by words', 'By meaning too: OPENAI_EMBEDDING_MODEL=text-embedding-3-small')

const mail = ({ SMTP_URL }: Config): Finding =>
  SMTP_URL
    ? ok('E-mail', `SMTP at ${new URL(SMTP_URL).host}`)
    : note(
        'E-mail',
        'local mailbox: nothing leaves this machine (parley mailbox)',
        'To send for real: SMTP_URL=smtps://user:password@host',
      )

const publicUrl = ({ PARLEY_PUBLIC_URL }: Config): Finding =>
  PARLEY_PUBLIC_URL
    ? ok('Public URL', PARLEY_PUBLIC_URL)
    : note(
        'Public URL',
        'not set: links in mails lead to this machine (localhost)',
        'PARLEY_PUBLIC_URL=https://parley.example.com',
      )
