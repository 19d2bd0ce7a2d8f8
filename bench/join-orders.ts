import { randomUUID } from 'node:crypto'
import { embedded } from '../shared/contract/api/embedded.ts'
import { OperationFields } from '../shared/contract/integration.ts'
import type { Database } from '../storage/sql/database.ts'
import { ensureWorkspace } from '../storage/sql/ensure-workspace.ts'
import { addIntegration } from '../storage/sql/integrations.ts'
import { orders } from './talk.ts'

/** Makes the system with orders known to the embedded app, for its agents to ask. */
export async function joinOrders(db: Database, baseUrl: string): Promise<void> {
  const { workspaceId, appId, admin } = embedded
  await ensureWorkspace(db)
  await addIntegration(db, { workspaceId, appId, ...admin }, randomUUID(), {
    name: orders.name,
    description: orders.description,
    baseUrl,
    headers: {},
    query: {},
    operations: [OperationFields.parse(orders.operation)],
    openapi: null,
    leftOut: [],
  })
}
