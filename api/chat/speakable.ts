import type { MessageBody } from '../../shared/contract/api/chat.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import type { Definition } from '../../shared/contract/definition.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { Database } from '../../storage/sql/database.ts'
import { findPinned } from '../../storage/sql/find-pinned.ts'
import { findStartable } from '../../storage/sql/find-startable.ts'
import type { SessionRow } from '../../storage/sql/lock-session.ts'

export interface Speakable {
  workflowId: string
  version: number
  definition: Definition
}

/**
 * What a message is spoken to: the version that an open conversation is pinned to, else the newest one.
 * @throws Refusal
 */
export async function speakable(
  db: Database,
  caller: Caller,
  session: SessionRow | undefined,
  { workflowId }: Pick<MessageBody, 'workflowId'>,
): Promise<Speakable> {
  if (session?.isTest)
    throw new Refusal('Conflict', 'this is a conversation of a test: go on with it there, or take another id')
  if (session && workflowId && session.workflowId !== workflowId)
    throw new Refusal(
      'Conflict',
      'workflowId: this conversation is with another workflow; take a new session id',
    )
  const wanted = session?.workflowId ?? workflowId
  if (!wanted)
    throw new Refusal('Invalid', 'workflowId: the first message names the workflow', {
      problems: [{ path: 'workflowId', message: 'the first message names the workflow' }],
    })
  const pinned =
    session?.status === 'open' && session.temporalRunId
      ? await findPinned(db, { ...caller, workflowId: wanted, version: session.version })
      : undefined
  if (pinned?.definition)
    return { workflowId: wanted, version: pinned.version, definition: pinned.definition }
  return { workflowId: wanted, ...(await newest(db, caller, wanted)) }
}

async function newest(
  db: Database,
  caller: Caller,
  workflowId: string,
): Promise<Omit<Speakable, 'workflowId'>> {
  const found = await findStartable(db, caller, workflowId)
  if (!found) throw new Refusal('NotFound', 'there is no such workflow')
  if (found.type !== 'chat_driven')
    throw new Refusal(
      'WrongWorkflowType',
      'this workflow is output-focused: it is started as a run, not by a chat message',
    )
  if (!found.published)
    throw new Refusal('Conflict', 'this workflow has no published version yet: publish it first')
  if (!found.published.available) throw new Refusal('Forbidden', 'this workflow is not available to you')
  return found.published
}

/** @throws Refusal `Invalid` for a trigger that the workflow does not have */
export function checkTrigger(definition: Definition, trigger: MessageBody['trigger']): void {
  const known = definition.type === 'chat_driven' ? (definition.triggers ?? []) : []
  if (!trigger || known.some(({ id }) => id === trigger.id)) return
  const message = `this workflow has no trigger "${trigger.id}"`
  throw new Refusal('Invalid', `trigger.id: ${message}`, { problems: [{ path: 'trigger.id', message }] })
}
