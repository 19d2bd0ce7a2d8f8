import { budgets } from './budgets.ts'
import { catalog } from './catalog.ts'
import { chat, sessions } from './chat.ts'
import { codec } from './codec.ts'
import { files, library } from './files.ts'
import { handoffs } from './handoffs.ts'
import { approvals, inbox, mailbox } from './inbox.ts'
import { app, instances } from './instances.ts'
import { integrations } from './integrations.ts'
import { knowledgeBases } from './knowledge-bases.ts'
import { mcpServers } from './mcp-servers.ts'
import type { Route } from './route.ts'
import { runs } from './runs.ts'
import { schedules } from './schedules.ts'
import { secrets } from './secrets.ts'
import { secureMetadata } from './secure-metadata.ts'
import { system } from './system.ts'
import { teams } from './teams.ts'
import { uiFlows } from './ui-flows.ts'
import { workflows } from './workflows.ts'
import { apiKeys, brand, members, settings } from './workspace.ts'

/** Every resource of the HTTP surface with its routes. */
export const api = {
  system,
  catalog,
  runs,
  instances,
  app,
  chat,
  sessions,
  handoffs,
  files,
  library,
  inbox,
  approvals,
  mailbox,
  workflows,
  integrations,
  secrets,
  secureMetadata,
  schedules,
  mcpServers,
  uiFlows,
  knowledgeBases,
  brand,
  settings,
  members,
  teams,
  apiKeys,
  budgets,
  codec,
}

export const allRoutes: Route[] = Object.values(api).flatMap((resource) => Object.values(resource) as Route[])
