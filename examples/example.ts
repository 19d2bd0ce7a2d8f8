import type { ParleyHttp } from '../client/http.ts'
import type { JsonObject } from '../shared/contract/json.ts'

/** One example: a definition, and what it brings along. */
export interface Example {
  /** Holds `definition.json` and `files/`. */
  folder: URL
  /** Names in `files/`, by the variable that gets their file objects. */
  files: Record<string, string | string[]>
  /** Teams that it names, for which whoever publishes it stands at first. */
  teams?: string[]
  /** The local system that its steps call. */
  integration?: ExampleIntegration
  /** The local system whose tools its agents call. */
  mcpServer?: ExampleMcpServer
  /** Documents in `files/` that its agents search. */
  knowledge?: { name: string; description: string; files: string[] }
  /** Pages that it leads to; their chats talk with it. The variable gets the id. */
  uiFlow?: { variable: string; flow: UiFlowBody }
  /** Whether it is of use only where the local systems run. */
  needsSystems?: true
  /** Made of the variables, when its files are among them. */
  schedule?: (variables: JsonObject) => Parameters<ParleyHttp['createSchedule']>[1]
}

type UiFlowBody = NonNullable<Parameters<ParleyHttp['createUiFlow']>[0]>

/** A local system, without the address at which it runs. */
export type ExampleIntegration = Omit<NonNullable<Parameters<ParleyHttp['createIntegration']>[0]>, 'baseUrl'>

/** A local MCP server, by its path at that address. All of its tools are accepted. */
export interface ExampleMcpServer {
  name: string
  path: string
}
