import { fail } from './failure.ts'

/** From this size on, in bytes, a payload goes by reference. */
export const inlineLimit = 64 * 1024

/**
 * What may travel in one payload, in bytes. Temporal sees only references to what is large, so this is what a workflow
 * task can still fetch, read and hand on within its ten seconds, with others beside it; and what people can still read.
 */
export const largestPayload = 5_000_000

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
