import { api } from '../../shared/contract/api/index.ts'
import { listCatalog } from '../../storage/sql/list-catalog.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'

export function bindCatalog(bind: Binder, { db }: Deps): void {
  bind(api.catalog.list, ({ caller, query }) => listCatalog(db, caller, query))
}
