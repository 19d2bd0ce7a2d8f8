import { z } from 'zod'
import { route } from './route.ts'

const Base64 = z.base64()
/** As protobuf writes it in JSON: bytes are base64. */
const Payload = z
  .object({
    metadata: z.record(z.string(), Base64).optional(),
    data: Base64.optional(),
    externalPayloads: z.array(z.record(z.string(), z.json())).optional(),
  })
  .meta({ id: 'TemporalPayload' })
export type WirePayload = z.infer<typeof Payload>

const Payloads = z.object({ payloads: z.array(Payload) }).meta({ id: 'TemporalPayloads' })

const common = {
  method: 'post',
  tag: 'Temporal',
  access: 'identified',
  body: Payloads,
  reply: { status: 200, description: 'The payloads, in their order', body: Payloads },
  problems: ['Forbidden', 'NotFound', 'Unavailable'],
} as const

/** Temporal's protocol of codec servers, for its Web UI and command line. */
export const codec = {
  decode: route({
    ...common,
    name: 'decodePayloads',
    path: '/codec/decode',
    summary: 'Decrypts payloads for the Temporal Web UI and CLI',
    description:
      'For admins, where `PARLEY_ENCRYPTION_KEY` is set. What belongs to a workspace of theirs is decrypted, and fetched first where only a reference to it travels (unless `preserveStorageRefs=true`); the rest comes back as it is. Browsers may ask under the address of `TEMPORAL_UI_URL` only.',
    query: z.object({ preserveStorageRefs: z.enum(['true', 'false']).optional() }),
  }),
  encode: route({
    ...common,
    name: 'encodePayloads',
    path: '/codec/encode',
    summary: 'Encrypts payloads for the Temporal Web UI and CLI',
    description:
      'With the key of the workspace, for an admin of one; with the one of no workspace, for an admin of several. Plain payloads are accepted everywhere, too.',
  }),
}
