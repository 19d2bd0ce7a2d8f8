import type { Instance } from '../../client/http.ts'
import type { Person } from '../../shared/contract/person.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import { oneLine } from '../screen/plain.ts'
import { paint } from '../screen/spans.ts'

/** So much of an id is shown, and is enough to come back with. */
export const shortId = (id: string): string => id.slice(0, 8)

export const nameOf = ({ name, userId }: Person): string => name ?? userId

/** A size for people, or nothing where it is not known. */
export function sizeOf(bytes: number | undefined): string {
  if (bytes === undefined) return ''
  if (bytes < 1_000) return `  ${bytes} bytes`
  return bytes < 1_000_000 ? `  ${Math.round(bytes / 1_000)} kB` : `  ${(bytes / 1_000_000).toFixed(1)} MB`
}

/** How long a request stays open, in the terminal's own time, to stand behind its question. */
export function untilWhen({ deadline }: Pick<OpenRequest, 'deadline'>): string {
  if (!deadline) return ''
  const at = new Date(deadline).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
  return ` ${paint('dim', `(until ${at})`)}`
}

/** Who may reply to a request, in words. */
export function whoReplies(
  { kind, approvers, takenBy }: OpenRequest,
  { startedBy }: Pick<Instance, 'startedBy'>,
): string {
  if (kind === 'handoff')
    return takenBy ? oneLine(nameOf(takenBy)) : `somebody of ${oneLine(approvers?.team ?? 'the team')}`
  if (kind === 'answer') return startedBy ? oneLine(nameOf(startedBy)) : 'who started the run'
  const users = (approvers?.users ?? []).map((user) => oneLine(user))
  const role = approvers?.role ? [`anyone with the role ${oneLine(approvers.role)}`] : []
  const team = approvers?.team ? [`anyone of ${oneLine(approvers.team)}`] : []
  return [...users, ...role, ...team].join(' or ') || 'an approver'
}
