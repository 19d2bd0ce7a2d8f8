import { fillHeader, secretsIn } from '../../../shared/contract/mcp-server.ts'
import { secretLength } from '../../../shared/contract/secret.ts'
import type { SecureHandles } from '../../../shared/contract/secure-metadata.ts'
import { fail } from '../../../shared/temporal/failure.ts'
import type { Database } from '../../../storage/sql/database.ts'
import type { McpServerRow } from '../../../storage/sql/mcp-servers.ts'
import type { McpPlace, OperatorServer } from './mcp-connection.ts'
import type { OpenSecrets } from './open-secrets.ts'
import { createRedactor } from './redact.ts'

export interface McpDeps {
  db: Database
  outbound: typeof fetch
  openSecrets: OpenSecrets
  /** Programs that the operator's configuration file names. */
  operatorServers: Record<string, OperatorServer>
}

/** Where a server is, with what to send there. @throws ProviderMissing when the operator's configuration file does not name the program; SecretUnusable */
export async function placeOf(
  { operatorServers, openSecrets }: Pick<McpDeps, 'operatorServers' | 'openSecrets'>,
  server: McpServerRow,
  secure?: SecureHandles,
): Promise<McpPlace> {
  if (server.url !== null) {
    const { values, redactor } = await openSecrets(
      { ...server, secure },
      secretsIn(server.headers),
      server.url,
    )
    const headers = Object.entries(server.headers).map(([name, value]) => [name, fillHeader(value, values)])
    for (const [name, value = ''] of headers)
      if (!/^[\x20-\x7e]*$/.test(value))
        throw fail('SecretUnusable', `A secret in the header ${name} holds what cannot stand in a header.`)
    return { at: { url: server.url, headers: Object.fromEntries(headers) }, redactor }
  }
  const name = server.operatorServer ?? ''
  const program = Object.hasOwn(operatorServers, name) ? operatorServers[name] : undefined
  if (!program) throw fail('ProviderMissing', `The file in PARLEY_CONFIG has no “${name}” under mcpServers.`)
  const given = Object.entries(program.env).filter(([, value]) => value.length >= secretLength.least)
  return {
    at: program,
    redactor: createRedactor(given.map(([key, value]) => ({ value, shown: `[${key}]` }))),
  }
}
