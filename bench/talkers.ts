import { randomUUID } from 'node:crypto'
import { type Client, WithStartWorkflowOperation } from '@temporalio/client'
import { connectConversations } from '../client/temporal.ts'
import { embedded } from '../shared/contract/api/embedded.ts'
import { sessionWorkflowId } from '../shared/temporal/names.ts'
import { floorQueue } from './floor/orders.ts'
import type { Said, TalkInput } from './floor/talk-orders.ts'
import type { Side } from './rounds.ts'
import type { Statuses } from './statuses.ts'
import { takeBatch } from './take-batch.ts'
import { question } from './talk.ts'

const { workspaceId, appId, admin } = embedded
const by = { ...admin, roles: [...admin.roles] }

/** Says something in a conversation, which begins with the first message. Resolves when the message is taken. */
export type Talker = (chatSessionId: string) => Promise<unknown>

/** Parley, as a backend service uses it. */
export function interpretedTalk(client: Client, workflowId: string): Talker {
  const { sendMessage } = connectConversations({ client, workspaceId, appId })
  return (chatSessionId) =>
    sendMessage({ chatSessionId, workflowId, startedBy: by }, { userMessage: question, by })
}

/** One of the hand-written conversations, by the same call. */
export const handWrittenTalk =
  (client: Client, name: 'talkByCall' | 'talkInOne'): Talker =>
  (chatSessionId) =>
    client.workflow.executeUpdateWithStart('message', {
      startWorkflowOperation: new WithStartWorkflowOperation<(input: TalkInput) => Promise<void>>(name, {
        workflowId: sessionWorkflowId(workspaceId, chatSessionId),
        taskQueue: floorQueue,
        args: [{ workspaceId, appId, chatSessionId, userId: by.userId }],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      }),
      args: [{ instanceUuid: randomUUID(), text: question } satisfies Said],
    })

/** A turn, from the message to the moment its end can be seen, in milliseconds. */
export async function takeTurn(talker: Talker, statuses: Statuses, chatSessionId: string): Promise<number> {
  const began = performance.now()
  await Promise.all([statuses.reached(chatSessionId, 'completed'), talker(chatSessionId)])
  return performance.now() - began
}

/** Turns of one conversation: the first of them also begins it, and from the fifth on three are remembered, as in most turns there are. */
export const turnsPerTalk = 8

export async function talk(
  talker: Talker,
  statuses: Statuses,
  { chatSessionId = randomUUID(), turns = turnsPerTalk } = {},
): Promise<number[]> {
  const latencies: number[] = []
  while (latencies.length < turns) latencies.push(await takeTurn(talker, statuses, chatSessionId))
  statuses.forget(chatSessionId)
  return latencies
}

/** A contender with the process that does its work, as one side of a comparison: whole conversations. */
export const talkSide = (talker: Talker, statuses: Statuses, workerPid: number): Side =>
  takeBatch(workerPid, () => talk(talker, statuses))
