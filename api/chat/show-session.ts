import type { ChatSession } from '../../shared/contract/api/chat.ts'
import type { PageQuery } from '../../shared/contract/api/page.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { findOpenTurn } from '../../storage/sql/find-session.ts'
import { listSessionMessages } from '../../storage/sql/list-session-messages.ts'
import { sessionCardOf } from '../../storage/sql/list-sessions.ts'
import type { Deps } from '../deps.ts'
import { mustReadSession } from './must-find-session.ts'

/** The page of one conversation. @throws Refusal `NotFound` */
export async function showSession(
  { db }: Deps,
  caller: Caller,
  chatSessionId: string,
  query: PageQuery,
): Promise<ChatSession> {
  const session = await mustReadSession(db, caller, chatSessionId)
  const [messages, turn] = await Promise.all([
    listSessionMessages(db, session, query),
    findOpenTurn(db, session),
  ])
  const { queued, variables } = session.view
  return {
    ...sessionCardOf(session),
    instanceUuid: turn?.instanceUuid ?? null,
    messages: messages.items,
    nextCursor: messages.nextCursor,
    requests: turn?.requests ?? [],
    queued,
    variables,
  }
}
