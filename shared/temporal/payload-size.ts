import { fail } from './failure.ts'

/**
 * What may travel in one payload, in bytes. Temporal takes 2 MB; a task with more fails again and again, and its run
 * stands still for ever. The rest is room for what goes along.
 */
export const largestPayload = 1_600_000

/** From this size on, in bytes, a payload goes by reference. */
export const inlineLimit = 64 * 1024

const encoder = new TextEncoder()

/** Bytes of a value as it travels. */
export const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value) ?? '').length

/** @throws `TooLarge`: `what` (“The result has”) with the size, and what to do about it */
export function mustFit(value: unknown, what: string, cure: string): void {
  const bytes = bytesOf(value)
  if (bytes > largestPayload)
    throw fail('TooLarge', `${what} ${megabytes(bytes)}; at most ${megabytes(largestPayload)} fit: ${cure}.`)
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`
