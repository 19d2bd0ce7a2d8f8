import { api } from '../../shared/contract/api/index.ts'
import { listInstances } from '../../storage/sql/list-instances.ts'
import { listRequests } from '../../storage/sql/list-requests.ts'
import { readLog } from '../../storage/sql/read-log.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { mayAct } from '../runs/actions-of.ts'
import { answer } from '../runs/answer.ts'
import { cancel } from '../runs/cancel.ts'
import { decide } from '../runs/decide.ts'
import { exportRun } from '../runs/export-run.ts'
import { mustRead } from '../runs/must-read.ts'
import { retry } from '../runs/retry.ts'
import { rewind } from '../runs/rewind.ts'
import { showInstance } from '../runs/show-instance.ts'
import { startRun } from '../runs/start-run.ts'
import { streamApp, streamInstance } from '../stream.ts'

export function bindRuns(bind: Binder, deps: Deps): void {
  const { db } = deps
  bind(api.runs.start, ({ caller, params, body, one }) =>
    startRun(deps, caller, params.workflowId, body, one),
  )
  bind(api.instances.list, ({ caller, query }) => listInstances(db, caller, query))
  bind(api.instances.get, ({ caller, params }) => showInstance(deps, caller, params.instanceUuid))
  bind(api.instances.log, async ({ caller, params, query }) =>
    readLog(db, await mustRead(db, caller, params.instanceUuid), query),
  )
  bind(api.instances.requests, async ({ caller, params, query }) => {
    const run = await mustRead(db, caller, params.instanceUuid)
    return listRequests(db, run, { ...query, mayAct: mayAct(caller, run) })
  })
  bind(api.instances.export, ({ caller, params, req, res }) =>
    exportRun(deps, caller, params.instanceUuid, req, res),
  )
  bind(api.instances.answer, ({ caller, params, body, one }) =>
    answer(deps, caller, params.instanceUuid, body, one),
  )
  bind(api.instances.decide, ({ caller, params, body, one }) =>
    decide(deps, caller, params.instanceUuid, body, one),
  )
  bind(api.instances.cancel, ({ caller, params }) => cancel(deps, caller, params.instanceUuid))
  bind(api.instances.retry, ({ caller, params, one }) => retry(deps, caller, params.instanceUuid, one))
  bind(api.instances.rewind, ({ caller, params, body, one }) =>
    rewind(deps, caller, params.instanceUuid, body, one),
  )
  bind(api.instances.stream, async (asked) =>
    streamInstance(
      deps,
      await mustRead(db, asked.caller, asked.params.instanceUuid),
      asked.query.after,
      asked,
    ),
  )
  bind(api.app.stream, (asked) => streamApp(deps, asked.caller, asked))
}
