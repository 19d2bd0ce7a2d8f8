import { z } from 'zod'
import { AnswerKind } from './answer.ts'
import { FileValue } from './file.ts'
import { Person } from './person.ts'
import { SpentBudget } from './spending.ts'

export const RequestKind = z.enum(['answer', 'approval', 'handoff', 'budget'])

/** What an approver is shown: exactly this is approved, so it carries the hash of what it shows. */
export const Artifact = z.object({
  text: z.string().optional(),
  /** In lists: `text` is only its beginning. */
  truncated: z.literal(true).optional(),
  files: z.array(FileValue).optional(),
  fileIds: z.array(z.uuid()).optional(),
  /** SHA-256 over the canonical JSON of the whole text and fileIds; set where the request is stored. */
  sha256: z.string().optional(),
})
export type Artifact = z.infer<typeof Artifact>

export const Approvers = z.object({
  users: z.array(z.string()).optional(),
  role: z.string().optional(),
  team: z.string().optional(),
})
export type Approvers = z.infer<typeof Approvers>

/** Something a run waits for from a person. Open from `requestOpened` to `requestClosed`. */
export const OpenRequest = z.object({
  requestId: z.uuid(),
  kind: RequestKind,
  instanceUuid: z.uuid(),
  stepId: z.string(),
  path: z.string(),
  question: z.string(),
  answer: AnswerKind.optional(),
  artifact: Artifact.optional(),
  /** Of a budget question: which budget is used up. */
  budget: SpentBudget.optional(),
  approvers: Approvers.optional(),
  /** Of a handoff: what the workflow tells the team, and nobody else. */
  note: z.string().optional(),
  /** Of a handoff: who has taken it. */
  takenBy: Person.optional(),
  editAllowed: z.boolean().optional(),
  /** Whether the decision `changes` leads anywhere. */
  changesAllowed: z.boolean().optional(),
  /** Where the words shown came from, when a person must know: `Demo model`. */
  label: z.string().optional(),
  /** Why it is asked again: what was wrong with the last answer. */
  reason: z.string().optional(),
  deadline: z.iso.datetime().nullish(),
  openedAt: z.iso.datetime(),
  /** Where its step stands in the definition, as a text that sorts so. */
  place: z.string().optional(),
})
export type OpenRequest = z.infer<typeof OpenRequest>

type Ordered = Pick<OpenRequest, 'openedAt' | 'place'>

/** The oldest first; what was opened in one go, side by side, as its steps stand in the definition. */
export function inOrder(one: Ordered, other: Ordered): number {
  const [place = '', otherPlace = ''] = [one.place, other.place]
  const sooner = Date.parse(one.openedAt) - Date.parse(other.openedAt)
  return sooner || Number(place > otherPlace) - Number(place < otherPlace)
}

export const Decision = z.enum(['approve', 'reject', 'changes'])
export type Decision = z.infer<typeof Decision>

/** Whether a person is among a request's approvers. */
export function mayDecide(approvers: Approvers | undefined, by: Person): boolean {
  if (!approvers) return true
  const { users, role, team } = approvers
  return Boolean(
    users?.includes(by.userId) || (role && by.roles?.includes(role)) || (team && by.teams?.includes(team)),
  )
}
