import { resolve } from 'node:path'
import { z } from 'zod'
import { type AssetsAddress, parseAssetsUrl } from './assets-address.ts'
import { parseEncryptionKeys } from './encryption-key.ts'
import { readOperatorFile } from './operator-config.ts'

const address = z.string().regex(/^[^\s:/]+:\d{1,5}$/, 'host:port, for example 127.0.0.1:7233')
const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `a URL that begins with ${protocols.join('// or ')}//`,
    )
/** `host:port,…`, as lower-case `host:port` with an IPv6 address in brackets. */
const places = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((place) => place.trim().toLowerCase())
      .filter(Boolean),
  )
  .refine(
    (list) =>
      list.every(
        (place) => /^([^\s:/@*[\]]+|\[[0-9a-f:.]+\]):\d{1,5}$/.test(place) && URL.canParse(`http://${place}`),
      ),
    'host:port, several with commas between, for example localhost:4000,10.0.0.7:8080',
  )
const redis = url('redis:', 'rediss:').refine(
  (text) => URL.canParse(text) && /^\/?\d*$/.test(new URL(text).pathname),
  'nothing but a database number after the address, for example redis://localhost:6379/0',
)
const workerRoles = ['main', 'media'] as const
/** `main`: workflows, models, tools. `media`: making documents and other files. */
const roles = z
  .string()
  .transform((text) => [...new Set(text.split(',').map((role) => role.trim()))])
  .pipe(z.array(z.enum(workerRoles, 'main, media, or both with a comma between')))
const assets = z
  .string()
  .transform(parseAssetsUrl)
  .refine(
    (address) => address !== undefined,
    'file:///folder, s3://bucket?region=… or s3://key:secret@host:port/bucket?ssl=false, with %2F for a slash in the secret',
  )
const encryptionKeys = z
  .string()
  .transform(parseEncryptionKeys)
  .refine(
    (keys) => keys !== undefined,
    '32 bytes in base64, as `openssl rand -base64 32` makes them; older keys behind it, with commas between',
  )
const operatorFile = z.string().transform((path, context) => {
  const read = readOperatorFile(path)
  if (read.ok) return read.config
  context.addIssue({ code: 'custom', message: read.reason })
  return z.NEVER
})
const flag = z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1')

/** Settings of later versions. Who sets one relies on it, so it is refused rather than ignored. */
const later = z.never('nothing: this version cannot do it yet, so leave it unset').optional()
const notBuilt = {
  AUTH_JWKS_URL: later,
  AUTH_ISSUER: later,
  AUTH_AUDIENCE: later,
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
  REDIS_URL: redis.optional(),
  WORKER_ROLES: roles.default([...workerRoles]),
  ASSETS_URL: assets.optional(),
  OPENAI_API_KEY: z.string().min(1).optional(),
  OPENAI_BASE_URL: url('http:', 'https:').optional(),
  OPENAI_MODEL: z.string().min(1).default('gpt-4.1-mini'),
  OPENAI_IMAGE_MODEL: z.string().min(1).optional(),
  OPENAI_EMBEDDING_MODEL: z.string().min(1).optional(),
  // Web search: the first of the three that is set is used.
  SEARXNG_URL: url('http:', 'https:').optional(),
  BRAVE_API_KEY: z.string().min(1).optional(),
  TAVILY_API_KEY: z.string().min(1).optional(),
  SMTP_URL: url('smtp:', 'smtps:').optional(),
  MAIL_FROM: z.string().min(3).default('Parley <parley@localhost>'),
  PARLEY_ENCRYPTION_KEY: encryptionKeys.optional(),
  PARLEY_PUBLIC_URL: url('http:', 'https:').optional(),
  PARLEY_OUTBOUND_ALLOW: places.default([]),
  PARLEY_DATA_DIR: z.string().min(1).default('.parley'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'a port number, for example 3000')
    .transform(Number)
    .refine((port) => port >= 1 && port <= 65_535, 'a port number from 1 to 65535')
    .default(3000),
  /** OTLP over HTTP. Spans go to `/v1/traces` below it. */
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http:', 'https:').optional(),
  WORKER_METRICS_ADDRESS: z
    .string()
    .regex(/^\d{1,3}(\.\d{1,3}){3}:\d{1,5}$/, 'an IP address and a port, for example 127.0.0.1:9464')
    .optional(),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'trace, debug, info, warn, error, fatal or silent',
    })
    .default('info'),
  PARLEY_CONFIG: operatorFile.optional(),
  ...notBuilt,
})

export type Config = z.infer<typeof Environment> & {
  dataDir: string
  /** Where files are kept: the data folder, unless ASSETS_URL says otherwise. */
  assets: AssetsAddress
  /** Whether Parley is reached from other machines: then it listens on all addresses, and everybody needs a key. */
  isPublic: boolean
  /** Whether a model is configured that paints. */
  paints: boolean
  /** Whether a provider is configured for searching the web. */
  searches: boolean
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
  const assets = parsed.data.ASSETS_URL ?? { kind: 'folder' as const, folder: resolve(dataDir, 'assets') }
  const publicHost = parsed.data.PARLEY_PUBLIC_URL
    ? new URL(parsed.data.PARLEY_PUBLIC_URL).hostname
    : 'localhost'
  const isPublic = !['localhost', '127.0.0.1', '[::1]'].includes(publicHost)
  const { OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_IMAGE_MODEL } = parsed.data
  const paints = Boolean(OPENAI_IMAGE_MODEL && (OPENAI_API_KEY || OPENAI_BASE_URL))
  const { SEARXNG_URL, BRAVE_API_KEY, TAVILY_API_KEY } = parsed.data
  const searches = Boolean(SEARXNG_URL || BRAVE_API_KEY || TAVILY_API_KEY)
  return { ...parsed.data, dataDir, assets, isPublic, paints, searches }
}

const needed: Record<string, string> = {
  DATABASE_URL:
    'set it to a PostgreSQL address such as postgres://user:password@host:5432/parley, or use `npm start`, which brings its own',
}
