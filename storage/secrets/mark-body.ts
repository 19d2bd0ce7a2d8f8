import { createHmac, hkdfSync } from 'node:crypto'
import { keyBytes, type MasterKey, type MasterKeys } from './master-keys.ts'

/**
 * What is kept to know a body again, made from its SHA-256 (hex): under a key, since the plain hash of a body with a weak
 * secret in it tells the secret to whoever tries them all. One mark for each key that is known; the first is to be kept.
 */
export async function markBody(keys: MasterKeys, sha256: string): Promise<string[]> {
  const known = await keys.known()
  return (known.length > 0 ? known : [await keys.toSeal()]).map((master) => mark(master, sha256))
}

function mark({ id, key }: MasterKey, sha256: string): string {
  const own = Buffer.from(hkdfSync('sha256', key, '', 'parley idempotency', keyBytes))
  return `${id}:${createHmac('sha256', own).update(sha256).digest('hex')}`
}

/** Whether a kept mark is of the body of these. One whose key went away meanwhile cannot be compared, and counts as the same. */
export const isMarkOf = (marks: string[], kept: string): boolean =>
  marks.includes(kept) || !marks.some((mark) => keyOf(mark) === keyOf(kept))

const keyOf = (mark: string) => mark.split(':', 1)[0]
