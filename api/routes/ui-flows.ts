import { api } from '../../shared/contract/api/index.ts'
import { idFrom } from '../../storage/id-from.ts'
import { offerUiFlow } from '../../storage/sql/offer-ui-flow.ts'
import {
  addUiFlow,
  findUiFlow,
  listUiFlows,
  removeUiFlow,
  replaceUiFlow,
} from '../../storage/sql/ui-flows.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { ifMatchOf } from '../if-match.ts'
import { must } from '../runs/must-read.ts'

export function bindUiFlows(bind: Binder, { db }: Deps): void {
  bind(api.uiFlows.list, ({ caller, query }) => listUiFlows(db, caller, query))
  bind(api.uiFlows.create, async ({ caller, body, one }) => {
    const uiFlowId = idFrom(`${one.seed}:ui-flow`)
    await addUiFlow(db, caller, uiFlowId, body)
    return must(await findUiFlow(db, caller, uiFlowId), 'UI flow')
  })
  bind(api.uiFlows.get, async ({ caller, params }) =>
    must(await findUiFlow(db, caller, params.uiFlowId), 'UI flow'),
  )
  bind(api.uiFlows.replace, async ({ caller, params, body, req }) =>
    must(await replaceUiFlow(db, caller, params.uiFlowId, body, ifMatchOf(req)), 'UI flow'),
  )
  bind(api.uiFlows.remove, async ({ caller, params }) => {
    must((await removeUiFlow(db, caller, params.uiFlowId)) || undefined, 'UI flow')
    return undefined
  })
  bind(api.uiFlows.offer, async ({ caller, params }) =>
    must(await offerUiFlow(db, caller, params.uiFlowId), 'UI flow'),
  )
}
