import { type Logger, pino } from 'pino'
import { currentTrace } from './tracing.ts'

export type { Logger }

/**
 * Structured logs on stdout, one JSON object for each line. Ids and states only: what people write never goes into a log
 * line.
 */
export const createLog = (process: string, level = 'info'): Logger =>
  pino({
    level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: currentTrace,
  })

/** Node's own warnings as log lines, instead of as text between them. */
export function logWarnings(log: Logger): void {
  process.removeAllListeners('warning')
  process.on('warning', ({ name, message }) => log.warn({ warning: name }, message))
}

/** Errors whose message quotes what came: a parser's, a check's, a provider's. Their code or name says enough. */
const quoting = new Set(['SyntaxError', 'ZodError', 'Refusal', 'ApplicationFailure'])

/**
 * What a log line may say of an error: its kind and where it was thrown. A failed query's own message holds its
 * parameters, which are people's words, so the innermost error speaks.
 */
export function faultFields(error: unknown): { fault: string; code?: string; stack?: string } {
  let inner = error
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause
  if (!(inner instanceof Error)) return { fault: typeof inner }
  const code = 'code' in inner ? inner.code : 'type' in inner ? inner.type : undefined
  const places = inner.stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? []
  return {
    fault: quoting.has(inner.name) ? inner.name : `${inner.name}: ${inner.message.slice(0, 300)}`,
    ...(code === undefined || code === null ? {} : { code: String(code) }),
    ...(places.length > 0 ? { stack: places.join('\n').slice(0, 2_000) } : {}),
  }
}
