import { and, eq, sql } from 'drizzle-orm'
import type { JournalEntry } from '../../shared/contract/journal.ts'
import type { Approvers } from '../../shared/contract/request.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { addNotice, type NewNotice } from './add-notice.ts'
import type { Transaction } from './database.ts'
import { findMembers } from './find-members.ts'
import { markNoticesRead } from './inbox.ts'
import { grant } from './reserve-budget.ts'
import { isFiring } from './schedules.ts'
import { requests } from './schema.ts'
import { findTeamMembers } from './teams.ts'

/** Whether requests, or notices about them, change with an entry. */
export const isOfRequests = ({ event }: JournalEntry): boolean => requestEvents.has(event)

const requestEvents = new Set<string>(['requestOpened', 'handoffTaken', 'requestReminded', 'requestClosed'])

/** What an entry means for requests, and for the notices of those whom they wait for. */
export async function writeRequest(tx: Transaction, run: RunRef, entry: JournalEntry): Promise<void> {
  if (entry.event === 'requestOpened') {
    const { event: _, at, key: __, ...request } = entry
    await tx
      .insert(requests)
      .values({
        requestId: request.requestId,
        workspaceId: run.workspaceId,
        appId: run.appId,
        instanceUuid: run.instanceUuid,
        kind: request.kind,
        request: { ...request, instanceUuid: run.instanceUuid },
        approverUsers: request.approvers?.users ?? null,
        approverRole: request.approvers?.role ?? null,
        approverTeam: request.approvers?.team ?? null,
        openedAt: new Date(at),
      })
      // The same question asked again, with the reason, under the same id.
      .onConflictDoUpdate({
        target: requests.requestId,
        set: { request: { ...request, instanceUuid: run.instanceUuid }, closedAt: null },
      })
    if (request.kind === 'approval' && !(await isOwnAndWatched(tx, run, request.approvers)))
      await tellApprovers(tx, run, request.approvers, {
        key: `request:${request.requestId}`,
        kind: 'approvalRequested',
        text: `“${run.workflowName}” asks for your approval: ${request.question}`,
      })
    if (request.kind === 'handoff')
      await tellApprovers(tx, run, request.approvers, {
        key: `request:${request.requestId}`,
        kind: 'handoffRequested',
        text: `“${run.workflowName}” hands a conversation to ${request.approvers?.team}: ${request.note ?? 'it waits for a person.'}`,
      })
    if (request.kind === 'budget')
      await tellApprovers(tx, run, nearest(request.approvers), {
        key: `request:${request.requestId}`,
        kind: 'budgetRequested',
        text: `“${run.workflowName}” waits: ${request.question}`,
      })
  }
  if (entry.event === 'handoffTaken') {
    const takenBy = JSON.stringify({ takenBy: entry.by })
    await tx
      .update(requests)
      .set({ request: sql`${requests.request} || ${takenBy}::jsonb` })
      .where(and(eq(requests.workspaceId, run.workspaceId), eq(requests.requestId, entry.requestId)))
    await markNoticesRead(tx, run.workspaceId, noticeKeysOf(entry.requestId))
  }
  if (entry.event === 'requestReminded') await writeReminder(tx, run, entry)
  if (entry.event === 'requestClosed') {
    const [closed] = await tx
      .update(requests)
      .set({ closedAt: new Date(entry.at), outcome: entry.outcome, closedBy: entry.by ?? null })
      .where(and(eq(requests.workspaceId, run.workspaceId), eq(requests.requestId, entry.requestId)))
      .returning({ request: requests.request })
    const spent = closed?.request.budget
    if (spent && entry.outcome === 'approved') await grant(tx, run.workspaceId, spent)
    await markNoticesRead(tx, run.workspaceId, noticeKeysOf(entry.requestId))
  }
}

/** Who stands nearest to a budget: who runs it, or else the admins. */
const nearest = (approvers: Approvers = {}): Approvers =>
  approvers.users?.length ? { users: approvers.users } : approvers

/** Causes of the notices about a request. */
export const noticeKeysOf = (requestId: string) => [`request:${requestId}`, `request:${requestId}:reminded`]

/** Who approves alone what they run themselves sits in front of it, unless it was a schedule that started it. */
async function isOwnAndWatched(
  tx: Transaction,
  run: RunRef,
  approvers: Approvers | undefined,
): Promise<boolean> {
  const { users = [], role, team } = approvers ?? {}
  if (role || team || users.some((user) => user !== run.startedBy?.userId)) return false
  return !(await isFiring(tx, run))
}

async function tellApprovers(
  tx: Transaction,
  run: RunRef,
  approvers: Approvers | undefined,
  notice: Omit<NewNotice, 'userId'>,
): Promise<void> {
  const named = approvers?.users ?? []
  const byRole = approvers?.role ? await findMembers(tx, run.workspaceId, { role: approvers.role }) : []
  const inTeam = approvers?.team ? await findTeamMembers(tx, run, approvers.team) : []
  for (const userId of new Set([...named, ...byRole.map((member) => member.userId), ...(inTeam ?? [])]))
    await addNotice(tx, run, { ...notice, userId })
}

async function writeReminder(
  tx: Transaction,
  run: RunRef,
  { requestId, kind, text }: Extract<JournalEntry, { event: 'requestReminded' }>,
): Promise<void> {
  const notice = { key: `request:${requestId}:reminded`, kind: 'reminder', text }
  if (kind === 'answer') {
    if (run.startedBy) await addNotice(tx, run, { ...notice, userId: run.startedBy.userId })
    return
  }
  const [row] = await tx
    .select({ request: requests.request })
    .from(requests)
    .where(and(eq(requests.workspaceId, run.workspaceId), eq(requests.requestId, requestId)))
  await tellApprovers(tx, run, row?.request.approvers, notice)
}
