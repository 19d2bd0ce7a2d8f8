import { z } from 'zod'
import { InstanceStatus } from '../journal.ts'
import { AnyJson, Id, Time } from './scope.ts'

export const RewindBody = z
  .strictObject({
    /** A question of the run that was answered. */
    requestId: Id,
    /** The new answer. */
    value: AnyJson.optional(),
    fileIds: z.array(Id).max(100).optional(),
  })
  .refine(
    (body) => body.value !== undefined || body.fileIds !== undefined,
    'give "value", or "fileIds" for a file question',
  )
export type RewindBody = z.infer<typeof RewindBody>

/** What a run did outside, which rewinding does not undo. */
export const DoneEffect = z
  .object({
    path: z.string(),
    kind: z.string().describe('`mail`, `tool`, `notice` …'),
    /** `handedOver`: it may have happened. */
    state: z.enum(['done', 'handedOver']),
    at: Time,
  })
  .meta({ id: 'DoneEffect' })
export type DoneEffect = z.infer<typeof DoneEffect>

export const Rewound = z
  .object({
    instanceUuid: Id,
    workflowId: Id,
    version: z.int(),
    status: InstanceStatus,
    rewoundFrom: Id,
    /** Effects of the earlier run behind that answer: they stay, and the new run may have them again. */
    effects: z.array(DoneEffect),
  })
  .meta({ id: 'Rewound' })
export type Rewound = z.infer<typeof Rewound>
