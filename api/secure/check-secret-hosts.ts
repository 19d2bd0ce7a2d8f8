import type { Caller } from '../../shared/contract/api/scope.ts'
import { type InputProblem, Refusal } from '../../shared/contract/errors.ts'
import { misdirected } from '../../shared/contract/secret.ts'
import { secretsIn } from '../../shared/contract/secure.ts'
import { secretHosts } from '../../storage/sql/secrets.ts'
import type { Deps } from '../deps.ts'

/**
 * Whether the secrets that fields name may all go to the address they would be sent to. One that is not there yet is
 * none of its business: it may be added, or come with a run.
 * @throws Refusal `Invalid` naming each field whose secret may not
 */
export async function checkSecretHosts(
  { db }: Pick<Deps, 'db'>,
  caller: Caller,
  url: string,
  fields: object,
): Promise<void> {
  const hosts = await secretHosts(db, caller)
  const problems = namedSecrets(fields).flatMap(({ path, name }): InputProblem[] => {
    const message = Object.hasOwn(hosts, name) ? misdirected(name, hosts[name] ?? [], url) : undefined
    return message ? [{ path, message }] : []
  })
  const [first] = problems
  if (first) throw new Refusal('Invalid', `${first.path}: ${first.message}`, { problems })
}

/** Where secrets are named, as `{ "secret": "name" }` or in a text. */
function namedSecrets(value: unknown, path = ''): { path: string; name: string }[] {
  if (typeof value === 'string') return [...secretsIn(value)].map((name) => ({ path, name }))
  if (typeof value !== 'object' || value === null) return []
  const entries = Object.entries(value)
  const [only] = entries
  if (entries.length === 1 && only?.[0] === 'secret' && typeof only[1] === 'string')
    return [{ path, name: only[1] }]
  return entries.flatMap(([key, inner]) =>
    namedSecrets(inner, Array.isArray(value) ? `${path}[${key}]` : path ? `${path}.${key}` : key),
  )
}
