import express, { type Express } from 'express'
import helmet from 'helmet'
import { Refusal } from '../shared/contract/errors.ts'
import { createBinder } from './bind.ts'
import { allowTemporalUi } from './codec/allow-temporal-ui.ts'
import type { Deps } from './deps.ts'
import { createDocs } from './docs.ts'
import { answerErrors, sendProblem } from './errors.ts'
import { createMetrics } from './metrics.ts'
import { bindBudgets } from './routes/budgets.ts'
import { bindCatalog } from './routes/catalog.ts'
import { bindChat } from './routes/chat.ts'
import { bindCodec } from './routes/codec.ts'
import { bindFiles } from './routes/files.ts'
import { bindHandoffs } from './routes/handoffs.ts'
import { bindInbox } from './routes/inbox.ts'
import { bindIntegrations } from './routes/integrations.ts'
import { bindKnowledgeBases } from './routes/knowledge-bases.ts'
import { bindMcpServers } from './routes/mcp-servers.ts'
import { bindRuns } from './routes/runs.ts'
import { bindSchedules } from './routes/schedules.ts'
import { bindSecrets } from './routes/secrets.ts'
import { bindSecureMetadata } from './routes/secure-metadata.ts'
import { bindSystem } from './routes/system.ts'
import { bindTeams } from './routes/teams.ts'
import { bindUiFlows } from './routes/ui-flows.ts'
import { bindWorkflows } from './routes/workflows.ts'
import { bindWorkspace } from './routes/workspace.ts'
import { logRequests, nameRequests, traceRequests } from './watch-requests.ts'

/** The HTTP surface over what it depends on. */
export function createApp(deps: Deps): Express {
  const app = express()
  app.disable('x-powered-by')
  // ETags are of drafts only; a weak one made of a body would look like them.
  app.set('etag', false)
  app.set('query parser', 'simple')
  const metrics = createMetrics(deps)
  app.use(nameRequests(deps.log))
  if (deps.tracing) app.use(traceRequests(deps.tracing))
  app.use(logRequests, metrics.watch)
  app.use(helmet())
  app.use(createDocs())
  app.use('/codec', allowTemporalUi(deps.temporalUi?.url))
  const bind = createBinder(app, deps)
  bindSystem(bind, deps, metrics)
  bindCatalog(bind, deps)
  bindRuns(bind, deps)
  bindChat(bind, deps)
  bindHandoffs(bind, deps)
  bindFiles(bind, deps)
  bindInbox(bind, deps)
  bindWorkflows(bind, deps)
  bindSchedules(bind, deps)
  bindMcpServers(bind, deps)
  bindUiFlows(bind, deps)
  bindKnowledgeBases(bind, deps)
  bindWorkspace(bind, deps)
  bindTeams(bind, deps)
  bindIntegrations(bind, deps)
  bindSecrets(bind, deps)
  bindSecureMetadata(bind, deps)
  bindBudgets(bind, deps)
  bindCodec(bind, deps)
  bind.refuseOtherMethods()
  app.use((req, res) => sendProblem(req, res, new Refusal('NotFound', 'this address does not exist')))
  app.use(answerErrors)
  return app
}
