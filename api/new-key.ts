import { randomBytes, randomUUID } from 'node:crypto'
import type { ApiKey } from '../shared/contract/api/workspace.ts'
import type { Role } from '../shared/contract/person.ts'
import { addApiKey } from '../storage/sql/api-keys.ts'
import type { Database } from '../storage/sql/database.ts'
import { hashSecret } from './auth.ts'

/** Makes a key for somebody. Its secret is told this once: only its hash is kept. */
export async function newKey(
  db: Database,
  by: { workspaceId: string; userId: string },
  owner: { userId: string; name: string; roles: Role[] },
): Promise<ApiKey & { secret: string }> {
  const secret = newSecret()
  const made = await addApiKey(db, by, {
    ...owner,
    apiKeyId: randomUUID(),
    prefix: secret.slice(0, 9),
    sha256: hashSecret(secret),
  })
  return { ...made, secret }
}

/** 256 random bits: enough that a plain hash of it cannot be guessed back. */
const newSecret = (): string => `pk_${randomBytes(32).toString('base64url')}`
