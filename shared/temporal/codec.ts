import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { Payload, PayloadCodec } from '@temporalio/common'
import proto from '@temporalio/proto'
import { keyIdOf } from '../encryption-key.ts'
import { workspaceOf } from './names.ts'
import { inlineLimit } from './payload-size.ts'
import { PayloadUnreadable } from './payload-unreadable.ts'

const PayloadMessage = proto.temporal.api.common.v1.Payload
const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16
const encoding = 'binary/encrypted'
const text = new TextDecoder()
const bytes = (words: string) => new TextEncoder().encode(words)

/** Which workspace a payload was encrypted for; `null` where it belongs to none, undefined when it is not encrypted by us. */
export function encryptedFor({ metadata }: Payload): string | null | undefined {
  if (!metadata?.encoding || text.decode(metadata.encoding) !== encoding || !metadata.parleyKey)
    return undefined
  return metadata.parleyWorkspace ? text.decode(metadata.parleyWorkspace) : null
}

/**
 * Encrypts what Temporal keeps (AES-256-GCM), each workspace's payloads with a key of its own, made from the first of
 * the keys; decrypts with all of them. What is not encrypted passes: a signal from the command line is plain.
 */
export function createCodec(masters: readonly Buffer[]): PayloadCodec {
  const rings = masters.map(createRing)
  return {
    encode: async (payloads, context) => {
      const [ring] = rings
      return ring
        ? payloads.map((payload) => encrypt(ring, payload, workspaceOf(context?.workflowId)))
        : payloads
    },
    decode: async (payloads) => payloads.map((payload) => decrypt(rings, payload)),
  }
}

interface Ring {
  id: string
  of(workspaceId: string | undefined): { seal: Buffer; nonce: Buffer }
}

/** A master key with the keys made from it. */
function createRing(master: Buffer): Ring {
  const made = new Map<string, { seal: Buffer; nonce: Buffer }>()
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', master, '', purpose, 32))
  return {
    id: keyIdOf(master),
    of: (workspaceId = '') => {
      const known = made.get(workspaceId)
      if (known) return known
      const keys = {
        seal: derive(`parley payload ${workspaceId}`),
        nonce: derive(`parley payload nonce ${workspaceId}`),
      }
      made.set(workspaceId, keys)
      return keys
    },
  }
}

function encrypt(ring: Ring, payload: Payload, workspaceId: string | undefined): Payload {
  const plain = PayloadMessage.encode(payload).finish()
  const { seal, nonce: nonceKey } = ring.of(workspaceId)
  // A large one is stored under its hash: the same value must come out the same, or every query and every repeated task
  // would leave another file. Small ones must not: that two decisions are equal is nobody's business.
  const nonce =
    plain.length < inlineLimit
      ? randomBytes(nonceBytes)
      : createHmac('sha256', nonceKey).update(plain).digest().subarray(0, nonceBytes)
  const sealing = createCipheriv(cipher, seal, nonce)
  const data = Buffer.concat([nonce, sealing.update(plain), sealing.final(), sealing.getAuthTag()])
  return {
    metadata: {
      encoding: bytes(encoding),
      parleyKey: bytes(ring.id),
      ...(workspaceId ? { parleyWorkspace: bytes(workspaceId) } : {}),
    },
    data,
  }
}

function decrypt(rings: readonly Ring[], payload: Payload): Payload {
  const workspaceId = encryptedFor(payload)
  if (workspaceId === undefined) return payload
  const keyId = text.decode(payload.metadata?.parleyKey ?? undefined)
  const ring = rings.find(({ id }) => id === keyId)
  if (!ring)
    throw new PayloadUnreadable(
      `a payload is encrypted with the key ${keyId}, which is not here (${rings.map(({ id }) => id).join(', ')}): add it to PARLEY_ENCRYPTION_KEY`,
    )
  const data = payload.data ?? new Uint8Array()
  const end = data.length - tagBytes
  try {
    const opening = createDecipheriv(
      cipher,
      ring.of(workspaceId ?? undefined).seal,
      data.subarray(0, nonceBytes),
      {
        authTagLength: tagBytes,
      },
    ).setAuthTag(data.subarray(end))
    return PayloadMessage.decode(
      Buffer.concat([opening.update(data.subarray(nonceBytes, end)), opening.final()]),
    )
  } catch {
    throw new PayloadUnreadable(`a payload that was encrypted with the key ${keyId} has been changed`)
  }
}
