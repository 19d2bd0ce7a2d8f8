import { z } from 'zod'
import { Decision } from '../request.ts'
import { AnyJson, Id } from './scope.ts'

export const AnswerBody = z
  .strictObject({
    /** May be left out while exactly one question is open. */
    requestId: Id.optional(),
    /** The value, or words that say it: "the second one", "next Friday", "12k". */
    value: AnyJson.optional(),
    fileIds: z.array(Id).max(100).optional(),
  })
  .refine(
    (body) => body.value !== undefined || body.fileIds !== undefined,
    'give "value", or "fileIds" for a file question',
  )
export type AnswerBody = z.infer<typeof AnswerBody>

export const DecisionBody = z.strictObject({
  requestId: Id.optional(),
  decision: Decision,
  comment: z.string().max(20_000).optional(),
  /** The artifact's text as the approver wants it, where editing is allowed. */
  edited: z.string().max(400_000).optional(),
})
export type DecisionBody = z.infer<typeof DecisionBody>
