/** What exit codes mean, the same for every command. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, unanswered: 3, interrupted: 130 } as const

/** Something about how a command was called. One line that says what to do. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** A question came that nobody can answer here: no terminal to ask on, and no answer given beforehand. */
export class Unanswered extends Error {
  override name = 'Unanswered'
}
