import { z } from 'zod'
import { pageQuery } from './page.ts'
import { Id, Time } from './scope.ts'

/** What stands in the log for a value, or a part of one, with more characters than this, unless it is asked for whole. */
export const mostLogged = 20_000
/** The beginning of a value that is too long for the log. */
export interface CutValue {
  truncated: true
  /** How many there are. */
  characters: number
  text: string
}

const Tokens = z.object({ in: z.int().nullable(), out: z.int().nullable() })

/** When a call was made; without a start where it is not known. */
const callTimes = {
  startedAt: Time.nullable(),
  finishedAt: Time,
  durationMs: z.int().nullable(),
}

const LoggedStep = z.object({
  stepId: z.string(),
  path: z.string(),
  title: z.string(),
  type: z.string(),
  status: z.enum(['running', 'waiting', 'completed', 'skipped', 'failed', 'cancelled']),
  startedAt: Time,
  finishedAt: Time.nullable(),
  attempts: z.int(),
  input: z.unknown(),
  output: z.unknown(),
  /** Remarks of the step, and what went wrong before it went well. */
  logs: z.array(z.string()),
  modelCalls: z.array(
    z.object({
      /** As it was sent. */
      prompt: z.unknown(),
      response: z.unknown(),
      model: z.string().nullable(),
      tokens: Tokens,
      /** By the price of that day; null where none was configured. */
      cost: z.number().nullable(),
      currency: z.string().nullable(),
      ...callTimes,
    }),
  ),
  toolCalls: z.array(z.object({ request: z.unknown(), response: z.unknown(), ...callTimes })),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** Of a subworkflow: its run, which has a log of its own. */
  childInstanceUuid: Id.nullable(),
})
export type LoggedStep = z.infer<typeof LoggedStep>

/** Of the whole run, subworkflows included. */
const RunTotals = z.object({
  modelCalls: z.int(),
  toolCalls: z.int(),
  tokens: z.object({ in: z.int(), out: z.int() }),
  costs: z.array(z.object({ currency: z.string(), cost: z.number() })),
  /** Model calls without a cost: no price was configured, or the provider counted no tokens. */
  unpricedCalls: z.int(),
  /** Milliseconds. Waiting for people and for the clock may overlap; `working` is the rest. */
  time: z.object({
    total: z.int(),
    waitingForPeople: z.int(),
    waitingForTime: z.int(),
    working: z.int(),
  }),
})
export type RunTotals = z.infer<typeof RunTotals>

/** The record of a run, step by step in the order they began. */
export const RunLog = z
  .object({
    input: z.unknown(),
    output: z.unknown(),
    /** Of a turn: what its steps were told of the conversation before it, at that time. */
    memory: z
      .object({
        turns: z.array(z.object({ user: z.string(), agent: z.string() })),
        summary: z.string().nullable(),
      })
      .nullable(),
    /** Why it failed; of a turn also that no step of its workflow replies. */
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    userMessageType: z.string().nullable(),
    trigger: z.string().nullable(),
    start: z.object({
      output: z.object({
        user_message_type: z.string().nullable(),
        trigger: z.string().nullable(),
        user_message: z.string().nullable(),
      }),
    }),
    totals: RunTotals,
    steps: z.array(LoggedStep),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'RunLog' })
export type RunLog = z.infer<typeof RunLog>

export const LogQuery = z
  .object({
    ...pageQuery,
    limit: pageQuery.limit.removeDefault().default(100).describe('How many steps'),
    path: z
      .string()
      .min(1)
      .max(1_000)
      .refine((text) => !text.includes('\u0000'), 'must not contain NUL')
      .optional()
      .describe('Only the step at this path, and those in it: `rounds[3]`, `rounds[3].draft`'),
    whole: z
      .enum(['true', 'false'])
      .transform((text) => text === 'true')
      .default(false)
      .describe('With a path: values are not cut'),
  })
  .refine(({ path, whole }) => !whole || path !== undefined, {
    path: ['whole'],
    message: 'goes with a path: the values of all steps together may be too large',
  })
export type LogQuery = z.output<typeof LogQuery>
