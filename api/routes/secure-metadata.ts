import { api } from '../../shared/contract/api/index.ts'
import { addSecureValues } from '../../storage/sql/secure-values.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { sealMetadata } from '../secure/seal-metadata.ts'

export function bindSecureMetadata(bind: Binder, deps: Deps): void {
  bind(api.secureMetadata.seal, async ({ caller, body, one }) => {
    const { handles = {}, values } = await sealMetadata(deps, caller, body.secureMetadata, one)
    // The contract has one of the two there.
    const ownerId = (body.instanceUuid ?? body.chatSessionId) as string
    await addSecureValues(deps.db, { ...caller, ownerId }, values)
    return { secureMetadata: handles }
  })
}
