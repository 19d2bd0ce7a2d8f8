import { z } from 'zod'
import { type StepKind, step } from '../step.ts'
import { Template, Wording } from '../template.ts'

export const Message = step('message', {
  text: Wording,
  /** File ids, or placeholders that give a file or a list of files. */
  fileIds: z.union([Template, z.array(Template)]).optional(),
  quickReplies: z.array(Template).max(20).optional(),
})
export type Message = z.infer<typeof Message>

export const message = {
  schema: Message,
  title: 'Send a message',
  weight: 1,
  replies: () => true,
  gives: false,
} satisfies StepKind<Message>
