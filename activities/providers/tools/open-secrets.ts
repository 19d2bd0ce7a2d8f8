import { mayGoTo } from '../../../shared/contract/secret.ts'
import { fail } from '../../../shared/temporal/failure.ts'
import type { MasterKey, MasterKeys } from '../../../storage/secrets/master-keys.ts'
import { boundTo } from '../../../storage/secrets/seal.ts'
import { unseal } from '../../../storage/secrets/unseal.ts'
import type { Database } from '../../../storage/sql/database.ts'
import { sealedSecrets } from '../../../storage/sql/secrets.ts'
import { createRedactor, type Redactor } from './redact.ts'

/** The secrets of one call. */
export interface OpenedSecrets {
  /** The values by name, for what is sent to the address they were opened for. */
  values: ReadonlyMap<string, string>
  /** For everything that comes back. */
  redactor: Redactor
}

/** Opens secrets by their names for one call to one address. */
export type OpenSecrets = (
  place: { workspaceId: string; appId: string },
  names: Iterable<string>,
  url: string,
) => Promise<OpenedSecrets>

/**
 * The one place where secrets are opened: at the moment of sending, and only for a host that they are bound to.
 * @throws SecretUnusable naming the secret, when there is none, it may not go there, or it does not open
 */
export const createOpenSecrets =
  (db: Database, keys: MasterKeys): OpenSecrets =>
  async (place, names, url) => {
    const wanted = [...new Set(names)]
    const found = new Map((await sealedSecrets(db, place, wanted)).map((one) => [one.name, one]))
    const known = wanted.length > 0 ? await keys.known() : []
    const values = new Map<string, string>()
    for (const name of wanted) {
      const secret = found.get(name)
      if (!secret)
        throw fail(
          'SecretUnusable',
          `This app has no secret "${name}": an admin can add it, with the host it is for.`,
        )
      if (!mayGoTo(secret.hosts, url))
        throw fail(
          'SecretUnusable',
          `The secret "${name}" may go to ${secret.hosts.join(', ')} only, not to ${new URL(url).origin}.`,
        )
      values.set(name, unsealed(known, secret, place))
    }
    const shown = [...values].map(([name, value]) => ({ value, shown: `[secret ${name}]` }))
    return { values, redactor: createRedactor(shown) }
  }

function unsealed(
  keys: MasterKey[],
  secret: Awaited<ReturnType<typeof sealedSecrets>>[number],
  place: { workspaceId: string; appId: string },
): string {
  try {
    return unseal(keys, secret.sealed, boundTo({ ...place, name: secret.name, hosts: secret.hosts }))
  } catch (error) {
    const why = error instanceof Error ? error.message : ''
    throw fail(
      'SecretUnusable',
      `The secret "${secret.name}" cannot be opened: ${why}. Give the workers the PARLEY_ENCRYPTION_KEY or the data folder that the API has, or enter its value again.`,
    )
  }
}
