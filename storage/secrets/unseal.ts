import { createDecipheriv } from 'node:crypto'
import type { MasterKey } from './master-keys.ts'
import { cipher, nonceBytes, type Sealed, tagBytes } from './seal.ts'

/**
 * Opens what was sealed. Only what sends a tool's call may import this.
 * @throws Error saying whether the key is not here, or the value was changed
 */
export function unseal(keys: readonly MasterKey[], sealed: Sealed, bound: string): string {
  const master = keys.find(({ id }) => id === sealed.keyId)
  if (!master) throw new Error('it was sealed with a key that is not here')
  try {
    const dataKey = decrypt(master.key, sealed.dataKey, bound)
    return decrypt(dataKey, sealed.value, bound).toString('utf8')
  } catch {
    throw new Error('its stored value was changed')
  }
}

function decrypt(key: Buffer, text: string, bound: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(bound))
    .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
  return Buffer.concat([opening.update(bytes.subarray(nonceBytes + tagBytes)), opening.final()])
}
