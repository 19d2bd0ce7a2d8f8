import type { MessageInput } from '../shared/contract/chat.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import type { Noted } from './noted.ts'
import type { Turn } from './session.ts'

type Messages = Pick<Turn, 'messages'>

/** A turn as journal writes know it. */
export function refOfTurn(ref: RunRef, { instanceUuid, messages }: Turn): RunRef {
  const last = messages.at(-1)?.message
  const attachments = messages.flatMap(({ message }) => filesOf(message))
  return {
    ...ref,
    instanceUuid,
    ...(last ? { messageId: last.messageId } : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
    // A turn is its conversation's; where nobody is known to have begun that, it is whoever speaks.
    ...(last?.by && !ref.startedBy ? { startedBy: last.by } : {}),
  }
}

/** A Temporal client may name files by their ids only. */
const filesOf = ({ fileIds = [], attachments = [] }: MessageInput) =>
  fileIds.map((fileId) => ({
    fileId,
    name: attachments.find((file) => file.fileId === fileId)?.name ?? 'file',
  }))

/** What a turn answers: the words of its messages. */
export const userMessageOf = ({ messages }: Messages): string =>
  messages.map(({ said }) => said.text).join('\n\n')

/** What the page told of itself with the newest message that says so. */
export const uiFlowContextOf = ({ messages }: Messages) =>
  messages.map(({ message }) => message.uiFlowContext).findLast((one) => one !== undefined)

/** What is told of a turn that begins: what was said how. */
export function opening(
  { messages }: Messages,
  { workflowName, chatSessionId }: Pick<RunRef, 'workflowName' | 'chatSessionId'>,
  {
    userMessage,
    uiFlowContext,
  }: Pick<Extract<Noted, { event: 'turnOpened' }>, 'userMessage' | 'uiFlowContext'>,
): Noted[] {
  const trigger = messages[0]?.said.trigger ?? null
  return [
    {
      event: 'instanceStarted',
      key: 'run:started',
      title: workflowName,
      status: 'running',
      input: { userMessage, chatSessionId: chatSessionId ?? null },
    },
    {
      event: 'turnOpened',
      key: 'opened',
      messageIds: messages.map(({ message }) => message.messageId),
      userMessage,
      userMessageType: trigger === null ? 'text' : 'AI trigger',
      trigger: trigger === null ? null : `Triggered by: ${trigger}`,
      uiFlowContext,
    },
    // A trigger's message goes to memory and to the agent, and is not shown.
    ...messages
      .filter(({ said }) => said.trigger === null)
      .map(
        ({ message, said }): Noted => ({
          event: 'message',
          key: `said:${message.messageId}`,
          messageId: message.messageId,
          role: 'user',
          text: said.text,
          attachments: message.attachments ?? [],
        }),
      ),
  ]
}

/** What is told of the prompts of a turn that was cancelled. */
export const cancelling = ({ messages }: Messages): Noted[] =>
  messages.map(({ message: { messageId } }) => ({
    event: 'chatCancelled',
    key: `cancelled:${messageId}`,
    messageId,
  }))

/** The whole story of a turn that was cancelled before it began. */
export const neverBegun = (turn: Turn, ref: RunRef): Noted[] => [
  ...opening(turn, ref, { userMessage: userMessageOf(turn), uiFlowContext: uiFlowContextOf(turn) ?? {} }),
  ...cancelling(turn),
  { event: 'instanceFinished', key: 'run:finished', status: 'cancelled', output: null },
]
