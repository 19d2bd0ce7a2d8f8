import type { JsonSchema } from './json-schema.ts'
import type { Prices } from './prices.ts'
import type { Destination } from './ui-flow/navigation.ts'

/** Tools by the name of what offers them, then by their own, each with the shape of its arguments and the address it is called at. */
export type OfferedTools = Record<string, Record<string, { arguments: JsonSchema; url?: string | undefined }>>

/**
 * What there is around a definition, gathered where it is published: a step that names what its app does not have is
 * refused there. A field that is not known is left out, and nothing is said about it.
 */
export interface AppWorld {
  /** Operations of each integration. */
  integrations?: OfferedTools
  /** Tools of each MCP server, as far as they may be called. */
  mcpServers?: OfferedTools
  /** Published workflows of the app by their id, with what a step may do with them. */
  workflows?: Record<string, { name: string; type: string }>
  /** The UI flows of the app by their id, with all their pages. */
  uiFlows?: Record<string, { name: string; pages: Destination[] }>
  /** Names of the app's teams. */
  teams?: string[]
  /** Names of the actions that are published. */
  actions?: string[]
  /** Names of the app's knowledge bases. */
  knowledgeBases?: string[]
  /** The app's secrets by name, with the hosts that each may go to. */
  secrets?: Record<string, string[]>
  /** Whether a provider is configured for searching the web. */
  search?: boolean
  /** Whether a provider is configured for making pictures. */
  images?: boolean
  /** What models cost. */
  prices?: Prices
  /** What the configured models are called. */
  models?: { text?: string | undefined; images?: string | undefined }
}
