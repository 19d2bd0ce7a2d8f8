import { and, eq, sql } from 'drizzle-orm'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { type Definition, definitionLimits, parseDefinition } from '../../shared/contract/definition.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { keepFieldOrder } from '../../shared/contract/keep-field-order.ts'
import { replaceStep } from '../../shared/contract/replace-step.ts'
import type { AnyStep } from '../../shared/contract/step.ts'
import type { Database, Transaction } from './database.ts'
import { type IfMatch, mustMatch } from './if-match.ts'
import { ofApp } from './list-workflows.ts'
import { workflows } from './schema.ts'

/** Makes a workflow with an empty draft. With an id that is there already nothing happens. */
export async function addWorkflow(
  db: Database,
  caller: Caller,
  workflowId: string,
  { name, type }: Pick<Definition, 'name' | 'type'>,
): Promise<void> {
  const { workspaceId, appId } = caller
  await db
    .insert(workflows)
    .values({ workflowId, workspaceId, appId, name, type, draft: { name, type, steps: [] } })
    .onConflictDoNothing()
}

/**
 * Saves a whole definition.
 * @throws Refusal `NotFound`, `Stale`, `Conflict` for another type, `InvalidDefinition` with each problem and its step, `TooLarge`
 */
export const saveDraft = (
  db: Database,
  caller: Caller,
  workflowId: string,
  given: Record<string, unknown>,
  ifMatch: IfMatch,
): Promise<void> =>
  db.transaction(async (tx) => {
    const row = await lockWorkflow(tx, caller, workflowId, ifMatch)
    if ((given.type === 'chat_driven' || given.type === 'output_focused') && given.type !== row.type)
      throw new Refusal(
        'Conflict',
        `this workflow is ${row.type} for ever: make another one for ${given.type}`,
      )
    await storeDraft(tx, row, given)
  })

/** Saves one step of the draft. @throws Refusal as `saveDraft`, and `NotFound` when the draft has no such step */
export const saveStep = (
  db: Database,
  caller: Caller,
  workflowId: string,
  stepId: string,
  step: Record<string, unknown>,
  ifMatch: IfMatch,
): Promise<void> =>
  db.transaction(async (tx) => {
    const row = await lockWorkflow(tx, caller, workflowId, ifMatch)
    const draft = replaceStep(row.draft, stepId, step as unknown as AnyStep)
    if (!draft) throw new Refusal('NotFound', `the draft has no step "${stepId}"`)
    await storeDraft(tx, row, draft as unknown as Record<string, unknown>)
  })

type WorkflowRow = typeof workflows.$inferSelect

async function lockWorkflow(
  tx: Transaction,
  caller: Caller,
  workflowId: string,
  ifMatch: IfMatch,
): Promise<WorkflowRow> {
  const [row] = await tx
    .select()
    .from(workflows)
    .where(and(ofApp(caller), eq(workflows.workflowId, workflowId)))
    .for('update')
  if (!row) throw new Refusal('NotFound', 'there is no such workflow')
  mustMatch(row.revision, ifMatch, 'draft')
  return row
}

async function storeDraft(tx: Transaction, row: WorkflowRow, given: Record<string, unknown>): Promise<void> {
  const bytes = Buffer.byteLength(JSON.stringify(given))
  if (bytes > definitionLimits.bytes)
    throw new Refusal(
      'TooLarge',
      `a definition may have ${definitionLimits.bytes} bytes, this one has ${bytes}`,
    )
  const parsed = parseDefinition(given)
  if (!parsed.ok)
    throw new Refusal('InvalidDefinition', 'the definition does not fit: see errors, each with its step', {
      problems: parsed.problems,
    })
  await tx
    .update(workflows)
    .set({
      draft: keepFieldOrder(parsed.definition),
      name: parsed.definition.name,
      revision: row.revision + 1,
      updatedAt: sql`now()`,
    })
    .where(and(eq(workflows.workspaceId, row.workspaceId), eq(workflows.workflowId, row.workflowId)))
}
