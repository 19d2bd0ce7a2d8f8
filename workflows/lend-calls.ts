import { fail } from '../shared/temporal/failure.ts'

/** Calls of other workflows that one run may lead to, calls inside calls included: without it two steps fork for ever. */
export const mostCalls = 10_000

/**
 * Takes one call, and what the called run may spend on calls of its own: all that is left, or a share of it where lines
 * run side by side. What it does not use comes back. @throws TooLarge when none is left
 */
export function lend(calls: { left: number }, lines: number): number {
  if (calls.left < 1)
    throw fail(
      'TooLarge',
      `A run may call other workflows ${mostCalls} times, calls inside those included, and side by side each line has its share: does this one call itself?`,
    )
  const lent = Math.floor((calls.left - 1) / Math.max(1, lines))
  calls.left -= 1 + lent
  return lent
}
