import { api } from '../../shared/contract/api/index.ts'
import type { Binder } from '../bind.ts'
import { decodePayloads, encodePayloads } from '../codec/convert-payloads.ts'
import type { Deps } from '../deps.ts'

export function bindCodec(bind: Binder, deps: Deps): void {
  bind(api.codec.decode, async ({ identity, body, query }) => ({
    payloads: await decodePayloads(deps, identity, body.payloads, {
      keepReferences: query.preserveStorageRefs === 'true',
    }),
  }))
  bind(api.codec.encode, async ({ identity, body }) => ({
    payloads: await encodePayloads(deps, identity, body.payloads),
  }))
}
