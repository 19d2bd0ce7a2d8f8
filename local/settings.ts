import { StartProblem } from './start-problem.ts'

/** What this start brings up itself, and what it was given instead. */
export type Settings = {
  dataDir: string
  port: number
  namespace: string
  /** `given`: the address of a Temporal that runs already. */
  temporal: { given: string } | { cli: string; port: number; uiPort: number }
  /** `given`: the URL of a PostgreSQL that runs already. */
  postgres: { given: string } | { port: number }
  /** Whether a real model is configured; otherwise the demo model is started. */
  realModel: boolean
}

/** Reads the environment; a wrong value is named, with what was expected. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const temporalPort = portOf(env, 'PARLEY_TEMPORAL_PORT', 7233)
  return {
    dataDir: env.PARLEY_DATA_DIR || '.parley',
    port: portOf(env, 'PORT', 3000),
    namespace: env.TEMPORAL_NAMESPACE || 'default',
    temporal: env.TEMPORAL_ADDRESS
      ? { given: env.TEMPORAL_ADDRESS }
      : {
          cli: temporalCli(env),
          port: temporalPort,
          uiPort: portOf(env, 'PARLEY_TEMPORAL_UI_PORT', temporalPort + 1000),
        },
    postgres: env.DATABASE_URL
      ? { given: databaseUrl(env.DATABASE_URL) }
      : { port: portOf(env, 'PARLEY_POSTGRES_PORT', 5433) },
    realModel: Boolean(env.OPENAI_API_KEY || env.OPENAI_BASE_URL),
  }
}

function portOf(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = env[name]
  if (!text) return otherwise
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new StartProblem(
    `${name}=${text} is not a port.`,
    `Give ${name} a number from 1 to 65535, or leave it out for ${otherwise}.`,
  )
}

function databaseUrl(text: string): string {
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text
  // The value may hold a password: it is not repeated.
  throw new StartProblem(
    'DATABASE_URL is not the address of a PostgreSQL.',
    'Expected postgresql://user:password@host:5432/database; leave it out for the embedded PostgreSQL.',
  )
}

function temporalCli(env: NodeJS.ProcessEnv): string {
  if (env.TEMPORAL_CLI_PATH) return env.TEMPORAL_CLI_PATH
  throw new StartProblem(
    'TEMPORAL_CLI_PATH is not set, so there is no Temporal to start.',
    'Use `npm start`, which finds or fetches the Temporal CLI; or set TEMPORAL_CLI_PATH, or TEMPORAL_ADDRESS to a Temporal that runs.',
  )
}
