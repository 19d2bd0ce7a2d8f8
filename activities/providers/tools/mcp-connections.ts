import type { SecureHandles } from '../../../shared/contract/secure-metadata.ts'
import type { McpServerRow } from '../../../storage/sql/mcp-servers.ts'
import { type McpConnection, openMcp } from './mcp-connection.ts'
import { type McpDeps, placeOf } from './mcp-place.ts'

/** A connection as a call gets it. */
interface Held {
  connection: McpConnection
  /** Opened for this call. */
  isNew: boolean
  /** Whoever asks next gets another one. */
  drop(): void
}

/** Connections to MCP servers, one to each, which calls share. */
export interface McpConnections {
  /**
   * The connection to a server as it is set up now: opened for the first call, and anew where it broke.
   * @throws ProviderMissing, SecretUnusable
   */
  to(server: McpServerRow, secure: SecureHandles | undefined): Promise<Held>
  close(): Promise<void>
}

export function openConnections(deps: Omit<McpDeps, 'db'>): McpConnections {
  const opened = new Set<McpConnection>()
  const current = new Map<string, Promise<McpConnection>>()

  const hold = async (key: string, opening: Promise<McpConnection>, isNew: boolean): Promise<Held> => ({
    connection: await opening,
    isNew,
    drop: () => {
      if (current.get(key) === opening) current.delete(key)
    },
  })
  return {
    to: async (server, secure) => {
      // Set up otherwise, it is another server.
      const key = `${server.mcpServerId} ${server.updatedAt.toISOString()}`
      for (let before = current.get(key); before; before = current.get(key)) {
        const held = await hold(key, before, false).catch(() => undefined)
        if (held && !held.connection.isBroken()) return held
        if (current.get(key) === before) current.delete(key)
      }
      const opening = placeOf(deps, server, secure).then((place) => {
        const connection = openMcp(place, deps.outbound)
        opened.add(connection)
        return connection
      })
      current.set(key, opening)
      return hold(key, opening, true)
    },
    close: async () => {
      await Promise.all([...opened].map((connection) => connection.close()))
    },
  }
}
