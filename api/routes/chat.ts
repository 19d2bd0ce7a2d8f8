import { api } from '../../shared/contract/api/index.ts'
import { listSessions } from '../../storage/sql/list-sessions.ts'
import type { Binder } from '../bind.ts'
import { actOnSessions } from '../chat/bulk.ts'
import { endSession } from '../chat/end-session.ts'
import { mustReadSession } from '../chat/must-find-session.ts'
import { removeMessage } from '../chat/remove-message.ts'
import { replyTo } from '../chat/reply-to.ts'
import { showSession } from '../chat/show-session.ts'
import type { Deps } from '../deps.ts'
import { streamSession } from '../stream.ts'
import { streamActive } from '../stream-active.ts'

export function bindChat(bind: Binder, deps: Deps): void {
  const { db } = deps
  bind(api.chat.send, (asked) => replyTo(deps, asked))
  bind(api.chat.list, ({ caller, query }) =>
    listSessions(db, caller, { ...query, startedById: caller.userId }),
  )
  bind(api.chat.get, ({ caller, params, query }) => showSession(deps, caller, params.chatSessionId, query))
  bind(api.chat.end, ({ caller, params }) => endSession(deps, caller, params.chatSessionId))
  bind(api.chat.removeMessage, ({ caller, params }) =>
    removeMessage(deps, caller, params.chatSessionId, params.messageId),
  )
  bind(api.chat.stream, async (asked) =>
    streamSession(
      deps,
      await mustReadSession(db, asked.caller, asked.params.chatSessionId),
      asked.query.after,
      asked,
    ),
  )
  bind(api.sessions.list, ({ caller, query }) => listSessions(db, caller, query))
  bind(api.sessions.bulk, ({ caller, body, one }) => actOnSessions(deps, caller, body, one))
  bind(api.sessions.stream, (asked) => streamActive(deps, asked.caller, asked))
}
