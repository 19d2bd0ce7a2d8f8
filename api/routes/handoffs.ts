import { api } from '../../shared/contract/api/index.ts'
import { listHandoffs } from '../../storage/sql/handoffs.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { returnHandoff } from '../handoffs/return-handoff.ts'
import { sayInHandoff } from '../handoffs/say-in-handoff.ts'
import { takeHandoff } from '../handoffs/take-handoff.ts'

export function bindHandoffs(bind: Binder, deps: Deps): void {
  bind(api.handoffs.list, ({ caller, query }) => listHandoffs(deps.db, caller, query))
  bind(api.handoffs.take, ({ caller, params, one }) => takeHandoff(deps, caller, params.requestId, one))
  bind(api.handoffs.say, ({ caller, params, body, one }) =>
    sayInHandoff(deps, caller, params.requestId, body, one),
  )
  bind(api.handoffs.return, ({ caller, params, body, one }) =>
    returnHandoff(deps, caller, params.requestId, body, one),
  )
}
