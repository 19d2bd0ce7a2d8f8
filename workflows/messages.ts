import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type {
  CancelTurnInput,
  EndInput,
  MessageInput,
  MessageTaken,
  RemoveMessageInput,
} from '../shared/contract/chat.ts'
import type {
  AskForPerson,
  PersonLeft,
  ReturnHandoffInput,
  SayInHandoffInput,
  TakeHandoffInput,
} from '../shared/contract/handoff.ts'
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

/** Says something in a conversation, in words or by a trigger. */
export const message = {
  update: defineUpdate<MessageTaken, [MessageInput]>('message'),
  signal: defineSignal<[MessageInput]>('message'),
}

/** Takes a message back that still waits. */
export const removeMessage = defineUpdate<void, [RemoveMessageInput]>('removeMessage')

/** Stops the turn under way; the conversation goes on. */
export const cancelTurn = defineUpdate<{ instanceUuid: string }, [CancelTurnInput]>('cancelTurn')

/** A person of a team takes the conversation that was handed to it. Of two, the first one has it. */
export const takeHandoff = defineUpdate<{ requestId: string }, [TakeHandoffInput]>('takeHandoff')

/** Says something to the user, as the person who took the conversation. */
export const sayInHandoff = defineUpdate<{ messageId: string }, [SayInHandoffInput]>('sayInHandoff')

/** Hands the conversation back: its workflow goes on. */
export const returnHandoff = defineUpdate<{ requestId: string }, [ReturnHandoffInput]>('returnHandoff')

/** From an action to the conversation that called it: a person shall have it. */
export const askForPerson = defineSignal<[AskForPerson]>('askForPerson')

/** And back to the action, when the person has left, or did not come. */
export const personLeft = defineSignal<[PersonLeft]>('personLeft')

/** To an action that waits for a person: its conversation goes on in a new execution, and calls it again from there. */
export const rest = defineSignal('rest')

/** Ends a conversation. */
export const end = {
  update: defineUpdate<void, [EndInput]>('end'),
  signal: defineSignal<[EndInput]>('end'),
}

/** A budget has room again: whoever waits for one looks. */
export const budgetRaised = defineSignal('budgetRaised')

export const progress = defineQuery<ProgressReply>('progress')

export interface RunSnapshot {
  instances: { instanceUuid: string; status: string; percent: number }[]
  requests: OpenRequest[]
  variables: Record<string, Json>
}
export const state = defineQuery<RunSnapshot>('state')
