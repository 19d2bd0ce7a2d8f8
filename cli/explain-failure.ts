import { HttpProblem } from '../client/http.ts'
import { oneLine } from './screen/plain.ts'
import { Interrupted, Settled } from './screen/prompts.ts'
import { exitCodes, Unanswered, UsageError } from './usage-error.ts'

export interface Failure {
  lines: string[]
  exitCode: number
  code: string
}

const mostErrors = 10

/** A failure in words: what happened, and what to do. */
export function explainFailure(error: unknown): Failure {
  if (error instanceof UsageError) return { lines: [error.message], exitCode: exitCodes.usage, code: 'Usage' }
  if (error instanceof Unanswered)
    return { lines: [error.message], exitCode: exitCodes.unanswered, code: 'Unanswered' }
  if (error instanceof Interrupted || error instanceof Settled)
    return { lines: [], exitCode: exitCodes.interrupted, code: 'Interrupted' }
  if (error instanceof HttpProblem)
    return { lines: problemLines(error), exitCode: exitCodes.failed, code: error.code }
  const { code, message } = error as NodeJS.ErrnoException
  return {
    lines: [oneLine(message ?? String(error), 1_000)],
    exitCode: exitCodes.failed,
    code: code ?? 'Failed',
  }
}

function problemLines({ status, code, detail, errors, requestId }: HttpProblem): string[] {
  const advice =
    advices[code] ?? (status >= 500 && requestId ? `The server's log knows more under ${requestId}.` : '')
  return [
    [oneLine(detail, 1_000), advice].filter(Boolean).join(' '),
    ...errors
      .slice(0, mostErrors)
      .map(({ path, message }) => oneLine(`  ${path ? `${path}: ` : ''}${message}`, 500)),
    ...(errors.length > mostErrors ? [`  … and ${errors.length - mostErrors} more`] : []),
  ]
}

const advices: Record<string, string> = {
  Unreachable: 'Start Parley with npm start, or say where it is with --url.',
  NotParley: 'Say where Parley is with --url.',
  Unauthorized: 'Give an API key with --key, or in PARLEY_API_KEY.',
  Unavailable: 'Try again in a moment.',
}
