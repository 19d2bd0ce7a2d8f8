import { randomUUID } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { connectConversations } from '../../client/temporal.ts'
import type { Json } from '../../shared/contract/json.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { instances } from '../../storage/sql/schema.ts'
import { ana, boss, type World } from './world.ts'

/** Begins a conversation with what Ana says. Gives the instance of its turn. */
export async function beginTurn(
  world: World,
  workflowId: string,
  message: { userMessage: string; uiFlowContext?: Record<string, Json> },
): Promise<string> {
  const chatSessionId = randomUUID()
  const session = { workflowId, chatSessionId, startedBy: ana }
  const { instanceUuid } = await connectConversations(world).sendMessage(session, { ...message, by: ana })
  world.followJob(sessionWorkflowId(world.workspaceId, chatSessionId))
  return instanceUuid
}

/** What boss and Ana say to each other in a handoff: `{ "talk": [{ "boss": "…" }, { "user": "…" }], "note": "…" }`. */
export async function talkAsPerson(
  world: World,
  { requestId, instanceUuid }: OpenRequest,
  given: Json,
): Promise<void> {
  const talks = connectConversations(world)
  const [turn] = await world.db.select().from(instances).where(eq(instances.instanceUuid, instanceUuid))
  const { chatSessionId, workflowId } = turn as { chatSessionId: string; workflowId: string }
  const { talk, note } = given as { talk: ({ boss: string } | { user: string })[]; note?: string }
  await talks.takeHandoff(chatSessionId, { requestId, by: boss })
  for (const one of talk)
    if ('boss' in one)
      await talks.sayInHandoff(chatSessionId, {
        requestId,
        messageId: randomUUID(),
        text: one.boss,
        by: boss,
      })
    else
      await talks.sendMessage(
        { workflowId, chatSessionId, startedBy: ana },
        { userMessage: one.user, by: ana },
      )
  await talks.returnHandoff(chatSessionId, { requestId, ...(note ? { note } : {}), by: boss })
}
