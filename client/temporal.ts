import { randomUUID } from 'node:crypto'
import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
} from '@temporalio/client'
import type { ConversationInput, EndInput, MessageInput, MessageTaken } from '../shared/contract/chat.ts'
import type { ReturnHandoffInput, SayInHandoffInput, TakeHandoffInput } from '../shared/contract/handoff.ts'
import type { Json } from '../shared/contract/json.ts'
import type { AnswerInput, DecideInput, ProgressReply, RunInput } from '../shared/contract/messages.ts'
import { fairTo } from '../shared/temporal/fairness.ts'
import { runWorkflowId, sessionWorkflowId, taskQueue } from '../shared/temporal/names.ts'
import {
  answer,
  cancelTurn,
  decide,
  end,
  message,
  progress,
  type RunSnapshot,
  removeMessage,
  returnHandoff,
  sayInHandoff,
  state,
  takeHandoff,
} from '../workflows/messages.ts'

/** For a client that is to read and send large or encrypted values; small plain ones need none. */
export { createDataConverter } from '../shared/temporal/data-converter.ts'

export interface StartOrder extends Omit<RunInput, 'workspaceId' | 'appId' | 'instanceUuid'> {
  /** Give one to make the start repeatable: the same id never starts twice. Made here when left out. */
  instanceUuid?: string
  /** One line for operators in the Temporal UI; no text of users. */
  summary?: string
  details?: string
}

export interface ParleyRuns {
  /** Starts a run, or finds it running under the same `instanceUuid`. */
  startRun(order: StartOrder): Promise<{ instanceUuid: string }>
  /** Answers an open question. Fails with the reason when the value does not fit; the question stays open. */
  answer(
    instanceUuid: string,
    given: AnswerInput,
    more?: { updateId?: string },
  ): Promise<{ requestId: string }>
  /** Decides an open approval. */
  decide(
    instanceUuid: string,
    given: DecideInput,
    more?: { updateId?: string },
  ): Promise<{ requestId: string }>
  /** Cancels the run, cleanly, at whatever it is doing. */
  cancel(instanceUuid: string): Promise<void>
  progress(instanceUuid: string): Promise<ProgressReply>
  state(instanceUuid: string): Promise<RunSnapshot>
  /** Waits for the run to end and gives its output. Throws a `WorkflowFailedError` when it failed or was cancelled. */
  result(instanceUuid: string): Promise<Json>
}

/** Which pass of a run an execution is: 0, then the number of the retry. */
const retryMemo = 'parleyRetry'
const mostTries = 50
const tryAgainAfter = 100

/**
 * Parley for backend services, over a Temporal client of theirs: typed starts, answers, decisions and queries of one app.
 * Failures carry Parley's code as the type of the ApplicationFailure at their end (`kindOf` in `shared/temporal/failure.ts`).
 */
export function connectRuns({
  client,
  workspaceId,
  appId,
}: {
  client: Client
  workspaceId: string
  appId: string
}): ParleyRuns {
  const handle = (instanceUuid: string): WorkflowHandle =>
    client.workflow.getHandle(runWorkflowId(workspaceId, instanceUuid))
  return {
    async startRun({ instanceUuid = randomUUID(), summary, details, ...order }) {
      const input: RunInput = { workspaceId, appId, instanceUuid, ...order }
      const retry = order.resume?.kind === 'retry' ? order.resume.times : 0
      for (let tries = 1; ; tries++) {
        try {
          await client.workflow.start('run', {
            workflowId: runWorkflowId(workspaceId, instanceUuid),
            taskQueue,
            args: [input],
            workflowIdConflictPolicy: 'FAIL',
            workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
            memo: { [retryMemo]: retry },
            ...fairTo(workspaceId),
            ...(summary ? { staticSummary: summary } : {}),
            ...(details ? { staticDetails: details } : {}),
          })
          break
        } catch (error) {
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
          // The same id is the same run: a repeated start has nothing to do. But the pass that failed may not be over
          // in Temporal for a moment after it was told that it failed.
          const { memo } = await handle(instanceUuid).describe()
          if (Number(memo?.[retryMemo] ?? 0) >= retry || tries > mostTries) break
          await new Promise((resolve) => setTimeout(resolve, tryAgainAfter))
        }
      }
      return { instanceUuid }
    },
    answer: (instanceUuid, given, more) =>
      handle(instanceUuid).executeUpdate(answer.update, { args: [given], ...more }),
    decide: (instanceUuid, given, more) =>
      handle(instanceUuid).executeUpdate(decide.update, { args: [given], ...more }),
    cancel: async (instanceUuid) => {
      await handle(instanceUuid).cancel()
    },
    progress: (instanceUuid) => handle(instanceUuid).query(progress),
    state: (instanceUuid) => handle(instanceUuid).query(state),
    result: (instanceUuid) => handle(instanceUuid).result() as Promise<Json>,
  }
}

/** A conversation as its first message starts it, and every later one finds it, or starts it anew. */
export interface SessionOrder extends Omit<ConversationInput, 'workspaceId' | 'appId' | 'secureMetadata'> {
  /** One line for operators in the Temporal UI; no text of users. */
  summary?: string
  details?: string
}

export interface ParleyConversations {
  /**
   * Says something in a conversation, which is started where it does not run. Resolves when the message is accepted: it
   * has a turn, waits for one, or answers the open question. The same `messageId` again is the same message.
   */
  sendMessage(
    session: SessionOrder,
    given: Omit<MessageInput, 'messageId'> & { messageId?: string },
    more?: { updateId?: string },
  ): Promise<MessageTaken>
  /** Takes a message back that still waits. */
  removeMessage(chatSessionId: string, messageId: string): Promise<void>
  /** Stops the turn under way; the conversation goes on. */
  cancelTurn(chatSessionId: string, instanceUuid?: string): Promise<{ instanceUuid: string }>
  /** Ends the conversation. The next message starts it anew. */
  endSession(chatSessionId: string, reason?: EndInput['reason']): Promise<void>
  /** Answers an open question of the turn under way. */
  answer(
    chatSessionId: string,
    given: AnswerInput,
    more?: { updateId?: string },
  ): Promise<{ requestId: string }>
  /** Decides an open approval of the turn under way. */
  decide(
    chatSessionId: string,
    given: DecideInput,
    more?: { updateId?: string },
  ): Promise<{ requestId: string }>
  /** Takes a conversation that was handed to a team that `by` is in: "AlreadyTaken" for who comes second. */
  takeHandoff(
    chatSessionId: string,
    given: TakeHandoffInput,
    more?: { updateId?: string },
  ): Promise<{ requestId: string }>
  /** Says something to the user, as who took the conversation. The same `messageId` again is the same message. */
  sayInHandoff(
    chatSessionId: string,
    given: SayInHandoffInput,
    more?: { updateId?: string },
  ): Promise<{ messageId: string }>
  /** Hands the conversation back: its workflow goes on. */
  returnHandoff(
    chatSessionId: string,
    given: ReturnHandoffInput,
    more?: { updateId?: string },
  ): Promise<{ requestId: string }>
  progress(chatSessionId: string): Promise<ProgressReply>
  state(chatSessionId: string): Promise<RunSnapshot>
}

/** Conversations of one app for backend services, over a Temporal client of theirs. */
export function connectConversations({
  client,
  workspaceId,
  appId,
}: {
  client: Client
  workspaceId: string
  appId: string
}): ParleyConversations {
  const handle = (chatSessionId: string): WorkflowHandle =>
    client.workflow.getHandle(sessionWorkflowId(workspaceId, chatSessionId))
  return {
    sendMessage: ({ summary, details, ...session }, { messageId = randomUUID(), ...given }, more) =>
      client.workflow.executeUpdateWithStart(message.update, {
        startWorkflowOperation: new WithStartWorkflowOperation('conversation', {
          workflowId: sessionWorkflowId(workspaceId, session.chatSessionId),
          taskQueue,
          args: [{ workspaceId, appId, ...session } satisfies ConversationInput],
          workflowIdConflictPolicy: 'USE_EXISTING',
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          ...fairTo(workspaceId),
          ...(summary ? { staticSummary: summary } : {}),
          ...(details ? { staticDetails: details } : {}),
        }),
        args: [{ messageId, ...given }],
        ...more,
      }),
    removeMessage: (chatSessionId, messageId) =>
      handle(chatSessionId).executeUpdate(removeMessage, { args: [{ messageId }] }),
    cancelTurn: (chatSessionId, instanceUuid) =>
      handle(chatSessionId).executeUpdate(cancelTurn, { args: [instanceUuid ? { instanceUuid } : {}] }),
    endSession: (chatSessionId, reason) =>
      handle(chatSessionId).executeUpdate(end.update, { args: [reason ? { reason } : {}] }),
    answer: (chatSessionId, given, more) =>
      handle(chatSessionId).executeUpdate(answer.update, { args: [given], ...more }),
    decide: (chatSessionId, given, more) =>
      handle(chatSessionId).executeUpdate(decide.update, { args: [given], ...more }),
    takeHandoff: (chatSessionId, given, more) =>
      handle(chatSessionId).executeUpdate(takeHandoff, { args: [given], ...more }),
    sayInHandoff: (chatSessionId, given, more) =>
      handle(chatSessionId).executeUpdate(sayInHandoff, { args: [given], ...more }),
    returnHandoff: (chatSessionId, given, more) =>
      handle(chatSessionId).executeUpdate(returnHandoff, { args: [given], ...more }),
    progress: (chatSessionId) => handle(chatSessionId).query(progress),
    state: (chatSessionId) => handle(chatSessionId).query(state),
  }
}
