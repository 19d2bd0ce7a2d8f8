import { mayGoTo } from '../../../shared/contract/secret.ts'
import type { SecureHandles } from '../../../shared/contract/secure-metadata.ts'
import { fail } from '../../../shared/temporal/failure.ts'
import type { MasterKey, MasterKeys } from '../../../storage/secrets/master-keys.ts'
import { boundTo } from '../../../storage/secrets/seal.ts'
import { unseal } from '../../../storage/secrets/unseal.ts'
import type { Database } from '../../../storage/sql/database.ts'
import { sealedSecrets } from '../../../storage/sql/secrets.ts'
import { sealedValues } from '../../../storage/sql/secure-values.ts'
import { createRedactor, type Redactor } from './redact.ts'

/** The secrets of one call. */
export interface OpenedSecrets {
  /** The values by name, for what is sent to the address they were opened for. */
  values: ReadonlyMap<string, string>
  /** For everything that comes back. */
  redactor: Redactor
}

/** An app, and what a run of it was given, by handle. */
interface SecretPlace {
  workspaceId: string
  appId: string
  secure?: SecureHandles | undefined
}

/** Opens secrets by their names for one call to one address. */
export type OpenSecrets = (place: SecretPlace, names: Iterable<string>, url: string) => Promise<OpenedSecrets>

/**
 * The one place where secrets are opened: at the moment of sending, and only for a host that they are bound to.
 * @throws SecretUnusable naming the secret, when there is none, it may not go there, or it does not open
 */
export const createOpenSecrets =
  (db: Database, keys: MasterKeys): OpenSecrets =>
  async (place, names, url) => {
    const wanted = [...new Set(names)]
    const given = await sealedValues(db, place, Object.values(place.secure ?? {}))
    // An app's own secret comes before what a run was given under its name.
    const found = new Map(
      [...given, ...(await sealedSecrets(db, place, wanted))].map((one) => [one.name, one]),
    )
    const known = found.size > 0 ? await keys.known() : []
    const values = new Map<string, string>()
    for (const name of wanted) {
      const secret = found.get(name)
      if (!secret)
        throw fail(
          'SecretUnusable',
          place.secure?.[name]
            ? `The value "${name}" is kept no more: it was given longer ago than this.`
            : `This app has no secret "${name}": an admin can add it, with the host it is for, or a run is given it as secureMetadata.`,
        )
      if (!mayGoTo(secret.hosts, url))
        throw fail(
          'SecretUnusable',
          `The secret "${name}" may go to ${secret.hosts.join(', ') || 'no host'} only, not to ${new URL(url).origin}.`,
        )
      values.set(name, unsealed(known, secret, place))
    }
    // What the run was given may have been sent there before, and may come back with any call.
    const sentBefore = given
      .filter(({ name, hosts }) => !values.has(name) && mayGoTo(hosts, url))
      .map((one) => [one.name, unsealed(known, one, place)] as const)
    const shown = [...values, ...sentBefore].map(([name, value]) => ({ value, shown: `[secret ${name}]` }))
    return { values, redactor: createRedactor(shown) }
  }

function unsealed(
  keys: MasterKey[],
  secret: Awaited<ReturnType<typeof sealedSecrets>>[number],
  { workspaceId, appId }: SecretPlace,
): string {
  try {
    return unseal(
      keys,
      secret.sealed,
      boundTo({ workspaceId, appId, name: secret.name, hosts: secret.hosts }),
    )
  } catch (error) {
    const why = error instanceof Error ? error.message : ''
    throw fail(
      'SecretUnusable',
      `The secret "${secret.name}" cannot be opened: ${why}. Give the workers the PARLEY_ENCRYPTION_KEY or the data folder that the API has, or enter its value again.`,
    )
  }
}
