import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { Json } from '../shared/contract/json.ts'
import type { AnswerInput, DecideInput, ProgressReply } from '../shared/contract/messages.ts'
import type { OpenRequest } from '../shared/contract/request.ts'

/** Gives a value, or files, for an open question. As an update it is validated and answered; as a signal it is journaled. */
export const answer = {
  update: defineUpdate<{ requestId: string }, [AnswerInput]>('answer'),
  signal: defineSignal<[AnswerInput]>('answer'),
}

/** Approves, rejects or asks for changes. */
export const decide = {
  update: defineUpdate<{ requestId: string }, [DecideInput]>('decide'),
  signal: defineSignal<[DecideInput]>('decide'),
}

export const progress = defineQuery<ProgressReply>('progress')

export interface RunSnapshot {
  instances: { instanceUuid: string; status: string; percent: number }[]
  requests: OpenRequest[]
  variables: Record<string, Json>
}
export const state = defineQuery<RunSnapshot>('state')
