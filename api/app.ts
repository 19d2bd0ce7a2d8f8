import { randomUUID } from 'node:crypto'
import express, { type Express } from 'express'
import helmet from 'helmet'
import { pinoHttp } from 'pino-http'
import { Refusal } from '../shared/contract/errors.ts'
import { createBinder } from './bind.ts'
import type { Deps } from './deps.ts'
import { createDocs } from './docs.ts'
import { answerErrors, sendProblem } from './errors.ts'
import { bindCatalog } from './routes/catalog.ts'
import { bindFiles } from './routes/files.ts'
import { bindInbox } from './routes/inbox.ts'
import { bindRuns } from './routes/runs.ts'
import { bindSystem } from './routes/system.ts'
import { bindWorkflows } from './routes/workflows.ts'
import { bindWorkspace } from './routes/workspace.ts'

/** The HTTP surface over what it depends on. */
export function createApp(deps: Deps): Express {
  const app = express()
  app.disable('x-powered-by')
  // ETags are of drafts only; a weak one made of a body would look like them.
  app.set('etag', false)
  app.set('query parser', 'simple')
  app.use(requestLog(deps))
  app.use(helmet())
  app.use(createDocs())
  const bind = createBinder(app, deps)
  bindSystem(bind, deps)
  bindCatalog(bind, deps)
  bindRuns(bind, deps)
  bindFiles(bind, deps)
  bindInbox(bind, deps)
  bindWorkflows(bind, deps)
  bindWorkspace(bind, deps)
  bind.refuseOtherMethods()
  app.use((req, res) => sendProblem(req, res, new Refusal('NotFound', 'this address does not exist')))
  app.use(answerErrors)
  return app
}

/** A line for each request: method, path, status, time. Queries, bodies and headers are people's, and stay out. */
const requestLog = ({ log }: Deps) =>
  pinoHttp({
    logger: log,
    genReqId: (req, res) => {
      const given = req.headers['x-request-id']
      const id = typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
      res.setHeader('X-Request-Id', id)
      return id
    },
    autoLogging: { ignore: (req) => req.url?.startsWith('/health/') ?? false },
    customLogLevel: (_req, res, error) => (error || res.statusCode >= 500 ? 'warn' : 'debug'),
    serializers: {
      req: (req: { id: unknown; method: string; url: string }) => ({
        id: req.id,
        method: req.method,
        path: req.url.split('?')[0],
      }),
      res: (res: { statusCode: number }) => ({ status: res.statusCode }),
    },
  })
