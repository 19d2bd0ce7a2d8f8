import { type Logger, pino } from 'pino'

export type { Logger }

/** Structured logs on stdout. Ids and states only: what people write never goes into a log line. */
export const createLog = (process: string, level = 'info'): Logger =>
  pino({
    level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  })
