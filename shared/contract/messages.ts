import { z } from 'zod'
import { JsonValue } from './json.ts'
import { Person } from './person.ts'
import { Decision } from './request.ts'
import { SecureHandles } from './secure-metadata.ts'
import { CountedBudget } from './spending.ts'

/** Ids are compared as text, so they are all written in small letters. */
const Uuid = z.uuid().toLowerCase()

/** A run that goes on from an earlier pass: the same run after a failure, or a new one from an answer of another. */
export const Resume = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('retry'),
    /** 1 for the first retry. */
    times: z.int().min(1),
  }),
  z.object({
    kind: z.literal('rewind'),
    of: Uuid,
    /** The question that is answered anew, as it was asked in the earlier run. */
    requestId: Uuid,
    value: JsonValue.optional(),
    fileIds: z.array(Uuid).max(100).optional(),
    by: Person,
  }),
])
export type Resume = z.infer<typeof Resume>

/** Input of the `run` workflow, also when another Temporal client starts it. */
export const RunInput = z.object({
  workspaceId: Uuid,
  appId: Uuid,
  workflowId: Uuid,
  /** A published version; the newest when left out. */
  version: z.int32().positive().optional(),
  instanceUuid: Uuid,
  input: JsonValue.optional(),
  variables: z.record(z.string(), JsonValue).optional(),
  /** Handles of values that only calls of tools may carry. */
  secureMetadata: SecureHandles.optional(),
  startedBy: Person.optional(),
  /** Of a called run: the run and the step that called it, how many calls lie above, and how many it may make. */
  parent: z
    .object({
      instanceUuid: Uuid,
      /** A subworkflow, where it does not say. */
      kind: z.enum(['subworkflow', 'action']).optional(),
      path: z.string().optional(),
      depth: z.int().min(1),
      calls: z.int().min(0).optional(),
      /** The workflows of the runs above. */
      workflows: z.array(Uuid).optional(),
      /** Budgets that count what it uses, too. */
      budgets: z.array(CountedBudget).optional(),
    })
    .optional(),
  resume: Resume.optional(),
  /** The draft as it stands at the start, instead of a version. */
  isTest: z.boolean().optional(),
})
export type RunInput = z.infer<typeof RunInput>

/** `answer`: gives a value, or files, for an open question. */
export const AnswerInput = z
  .object({
    requestId: Uuid.optional(),
    value: JsonValue.optional(),
    fileIds: z.array(Uuid).max(100).optional(),
    by: Person,
  })
  .refine(
    (one) => one.value !== undefined || one.fileIds !== undefined,
    'an answer needs "value" or "fileIds"',
  )
export type AnswerInput = z.infer<typeof AnswerInput>

/** `decide`: approves, rejects or asks for changes. `edited` is the artifact's text as the approver wants it. */
export const DecideInput = z.object({
  requestId: Uuid.optional(),
  decision: Decision,
  comment: z.string().max(20_000).optional(),
  edited: z.string().max(400_000).optional(),
  by: Person,
})
export type DecideInput = z.infer<typeof DecideInput>

/** Result of the query `progress`. */
export interface ProgressReply {
  percent: number
  status: string
  stepId: string | null
  stepTitle: string | null
  waitingFor: string | null
}
