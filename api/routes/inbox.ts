import { api } from '../../shared/contract/api/index.ts'
import { listNotices, markRead } from '../../storage/sql/inbox.ts'
import { listApprovals } from '../../storage/sql/list-approvals.ts'
import { listMails } from '../../storage/sql/list-mails.ts'
import type { Binder } from '../bind.ts'
import type { Deps } from '../deps.ts'
import { must } from '../runs/must-read.ts'

export function bindInbox(bind: Binder, { db }: Deps): void {
  bind(api.inbox.list, ({ caller, query }) => listNotices(db, caller, query))
  bind(api.inbox.read, async ({ caller, params }) => must(await markRead(db, caller, params.id), 'notice'))
  bind(api.approvals.list, ({ caller, query }) => listApprovals(db, caller, query))
  bind(api.mailbox.list, ({ caller, query }) => listMails(db, caller, query))
}
