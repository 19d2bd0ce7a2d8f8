import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { placeOf } from '../../shared/contract/secret.ts'
import type { SecureHandles, SecureMetadata } from '../../shared/contract/secure-metadata.ts'
import { idFrom } from '../../storage/id-from.ts'
import { boundTo } from '../../storage/secrets/seal.ts'
import { secretHosts } from '../../storage/sql/secrets.ts'
import { listAddresses, type SecureValue } from '../../storage/sql/secure-values.ts'
import type { Deps } from '../deps.ts'
import type { Try } from '../once.ts'

export interface SealedMetadata {
  /** What goes on from here. */
  handles: SecureHandles | undefined
  /** To be kept beside what they were given to. */
  values: SecureValue[]
}

/**
 * Seals what a run or a message brings along, before anything else is done with it.
 * @throws Refusal `Invalid` for the name of a secret of the app, which would stand in its place
 */
export async function sealMetadata(
  { db, seal }: Pick<Deps, 'db' | 'seal'>,
  { workspaceId, appId }: Caller,
  given: SecureMetadata | undefined,
  one: Try,
): Promise<SealedMetadata> {
  if (!given || Object.keys(given).length === 0) return { handles: undefined, values: [] }
  const place = { workspaceId, appId }
  const own = await secretHosts(db, place)
  const hostsOfApp = [...new Set((await listAddresses(db, place)).map(placeOf))].sort()
  const values = await Promise.all(
    Object.entries(given).map(async ([name, each]): Promise<SecureValue> => {
      const path = `secureMetadata.${name}`
      const message = 'the app has a secret of this name: take another one'
      if (Object.hasOwn(own, name))
        throw new Refusal('Invalid', `${path}: ${message}`, { problems: [{ path, message }] })
      const { value, hosts } = typeof each === 'string' ? { value: each, hosts: hostsOfApp } : each
      return {
        handle: idFrom(`${one.seed}:secure:${name}`),
        name,
        hosts,
        sealed: await seal(value, boundTo({ ...place, name, hosts })),
      }
    }),
  )
  return { handles: Object.fromEntries(values.map(({ name, handle }) => [name, handle])), values }
}
