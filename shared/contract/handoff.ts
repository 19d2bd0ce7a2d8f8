import { z } from 'zod'
import { type ErrorCode, isErrorCode } from './errors.ts'
import { FileValue } from './file.ts'
import { Person } from './person.ts'

const Uuid = z.uuid().toLowerCase()

/** `takeHandoff`: a person of the team takes the conversation. */
export const TakeHandoffInput = z.object({ requestId: Uuid, by: Person })
export type TakeHandoffInput = z.infer<typeof TakeHandoffInput>

/** `sayInHandoff`: what that person says to the user. */
export const SayInHandoffInput = z
  .object({
    requestId: Uuid,
    /** Made by who sends it. The same id is the same message. */
    messageId: Uuid,
    text: z.string().max(100_000),
    /** Files that go with it. */
    attachments: z.array(FileValue).max(100).optional(),
    by: Person,
  })
  .refine(({ text, attachments = [] }) => text.trim() !== '' || attachments.length > 0, 'text: say something')
export type SayInHandoffInput = z.infer<typeof SayInHandoffInput>

/** `returnHandoff`: the workflow goes on; `note` is for its later steps. */
export const ReturnHandoffInput = z.object({
  requestId: Uuid,
  note: z.string().max(20_000).optional(),
  by: Person,
})
export type ReturnHandoffInput = z.infer<typeof ReturnHandoffInput>

/** `askForPerson`: an action has the conversation that called it handed to a team. */
export const AskForPerson = z.object({
  /** Of the action, and its step. */
  instanceUuid: Uuid,
  path: z.string(),
  team: z.string(),
  /** What the user is told until somebody is there. */
  text: z.string(),
  note: z.string(),
  /** Milliseconds until it is too late to take it. */
  within: z.number().positive().optional(),
  /** Nobody need come any more. */
  withdrawn: z.literal(true).optional(),
})
export type AskForPerson = z.infer<typeof AskForPerson>

/** `personLeft`: what became of that. Without `by` nobody came in time. */
export const PersonLeft = z.object({
  path: z.string(),
  requestId: Uuid.optional(),
  /** The turn in which both talked. */
  turn: Uuid.optional(),
  by: z.string().optional(),
  note: z.string().optional(),
  /** Why the conversation could not be handed over. */
  error: z.object({ code: z.custom<ErrorCode>(isErrorCode), message: z.string() }).optional(),
})
export type PersonLeft = z.infer<typeof PersonLeft>
