import { z } from 'zod'
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
