import { createCipheriv, randomBytes } from 'node:crypto'
import { keyBytes, type MasterKey } from './master-keys.ts'

/** A value under a key of its own, and that key under the master key of the id. Base64 of nonce, tag and text each. */
export interface Sealed {
  keyId: string
  dataKey: string
  value: string
}

export const cipher = 'aes-256-gcm'
export const nonceBytes = 12
export const tagBytes = 16

/** What a value is sealed for: under other words it does not open, so nothing can be put into another's place. */
export const boundTo = (secret: {
  workspaceId: string
  appId: string
  name: string
  hosts: string[]
}): string => JSON.stringify([secret.workspaceId, secret.appId, secret.name, secret.hosts])

/** Seals a value (AES-256-GCM, envelope). To open it again takes another module, which few may use. */
export function seal(master: MasterKey, value: string, bound: string): Sealed {
  const dataKey = randomBytes(keyBytes)
  return {
    keyId: master.id,
    dataKey: encrypt(master.key, dataKey, bound),
    value: encrypt(dataKey, Buffer.from(value, 'utf8'), bound),
  }
}

function encrypt(key: Buffer, plain: Buffer, bound: string): string {
  const nonce = randomBytes(nonceBytes)
  const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(bound))
  const text = Buffer.concat([sealing.update(plain), sealing.final()])
  return Buffer.concat([nonce, sealing.getAuthTag(), text]).toString('base64')
}
