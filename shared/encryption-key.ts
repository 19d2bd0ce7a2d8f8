import { createHash } from 'node:crypto'

const keyBytes = 32

/** The keys of `PARLEY_ENCRYPTION_KEY`, in their order: the first one encrypts, all of them decrypt. Undefined when it is none. */
export function parseEncryptionKeys(text: string): Buffer[] | undefined {
  const parts = text.split(',').map((part) => part.trim())
  if (!parts.every((part) => /^[A-Za-z0-9+/_-]{43}=?$/.test(part))) return undefined
  const keys = parts.map((part) => Buffer.from(part, 'base64'))
  return keys.every((key) => key.length === keyBytes) ? keys : undefined
}

/** Names a key beside what it encrypted. Says nothing about it. */
export const keyIdOf = (key: Buffer): string =>
  createHash('sha256').update('parley key id').update(key).digest('hex').slice(0, 16)
