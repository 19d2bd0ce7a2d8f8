import { resolve } from 'node:path'
import { z } from 'zod'

const address = z.string().regex(/^[^\s:/]+:\d{1,5}$/, 'host:port, for example 127.0.0.1:7233')
const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `a URL that begins with ${protocols.join('// or ')}//`,
    )
const flag = z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1')

/** Settings of later versions. Who sets one relies on it, so it is refused rather than ignored. */
const later = z.never('nothing: this version cannot do it yet, so leave it unset').optional()
const notBuilt = {
  PARLEY_ENCRYPTION_KEY: later,
  REDIS_URL: later,
  AUTH_JWKS_URL: later,
  AUTH_ISSUER: later,
  AUTH_AUDIENCE: later,
  WORKER_ROLES: z
    .string()
    .refine(
      (roles) => ['main,media', 'media,main'].includes(roles.replaceAll(' ', '')),
      'main,media or nothing: every worker does all work in this version',
    )
    .optional(),
  PARLEY_CONFIG: later,
}

const Environment = z.object({
  TEMPORAL_ADDRESS: address.default('127.0.0.1:7233'),
  TEMPORAL_NAMESPACE: z
    .string()
    .regex(/^[A-Za-z0-9._-]+$/, 'a namespace name')
    .default('default'),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  TEMPORAL_TLS: flag.optional(),
  TEMPORAL_TLS_SERVER_NAME: z.string().min(1).optional(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().min(1).optional(),
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().min(1).optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().min(1).optional(),
  TEMPORAL_UI_URL: url('http:', 'https:').optional(),
  DATABASE_URL: url('postgres:', 'postgresql:'),
  ASSETS_URL: url('file:').optional(),
  OPENAI_API_KEY: z.string().min(1).optional(),
  OPENAI_BASE_URL: url('http:', 'https:').optional(),
  OPENAI_MODEL: z.string().min(1).default('gpt-4.1-mini'),
  SMTP_URL: url('smtp:', 'smtps:').optional(),
  MAIL_FROM: z.string().min(3).default('Parley <parley@localhost>'),
  PARLEY_PUBLIC_URL: url('http:', 'https:').optional(),
  PARLEY_DATA_DIR: z.string().min(1).default('.parley'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'a port number, for example 3000')
    .transform(Number)
    .refine((port) => port >= 1 && port <= 65_535, 'a port number from 1 to 65535')
    .default(3000),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  ...notBuilt,
})

export type Config = z.infer<typeof Environment> & {
  dataDir: string
  assetsDir: string
  /** Whether Parley is reached from other machines: then it listens on all addresses, and everybody needs a key. */
  isPublic: boolean
}

/** A wrong or missing variable: the message names each with what was expected. */
export class WrongEnvironment extends Error {
  override name = 'WrongEnvironment'
}

/**
 * Reads and checks the environment of a process. Empty variables count as unset.
 * @throws WrongEnvironment naming each wrong variable and what was expected
 */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = Environment.safeParse(given)
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0])
      if (!(name in given)) return `  ${name} is not set: ${needed[name] ?? issue.message}`
      return `  ${name} is wrong: expected ${issue.message}`
    })
    throw new WrongEnvironment(`The environment is not right:\n${lines.join('\n')}`)
  }
  const dataDir = resolve(parsed.data.PARLEY_DATA_DIR)
  const assetsDir = parsed.data.ASSETS_URL
    ? decodeURIComponent(new URL(parsed.data.ASSETS_URL).pathname)
    : resolve(dataDir, 'assets')
  const publicHost = parsed.data.PARLEY_PUBLIC_URL
    ? new URL(parsed.data.PARLEY_PUBLIC_URL).hostname
    : 'localhost'
  const isPublic = !['localhost', '127.0.0.1', '[::1]'].includes(publicHost)
  return { ...parsed.data, dataDir, assetsDir, isPublic }
}

const needed: Record<string, string> = {
  DATABASE_URL:
    'set it to a PostgreSQL address such as postgres://user:password@host:5432/parley, or use `npm start`, which brings its own',
}
