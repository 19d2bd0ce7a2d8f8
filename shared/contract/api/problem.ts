import { z } from 'zod'
import { type ErrorCode, errors } from '../errors.ts'

/** An error answer, RFC 9457. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    code: z.enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]]),
    requestId: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string(), stepId: z.string().optional() }))
      .optional(),
  })
  .meta({ id: 'Problem', description: 'What went wrong, as application/problem+json (RFC 9457).' })
export type Problem = z.infer<typeof Problem>
