import { randomUUID } from 'node:crypto'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import type { Answer, TestApi, Who } from './api.ts'
import { until } from './until.ts'
import type { World } from './world.ts'

/** A conversation over HTTP, as one person. */
export interface Chat {
  chatSessionId: string
  workflowId: string
  /** `R/chat/sessions/…` */
  at: string
  say(userMessage: string, more?: object, headers?: Record<string, string>): Promise<Answer>
  /** Says something and waits for what the turn replies. */
  ask(userMessage: string, more?: object): Promise<Answer>
  send(body: object, headers?: Record<string, string>): Promise<Answer>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into sessions of every state
  session(): Promise<any>
  /** Waits until a turn has ended, and gives its page. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  turn(instanceUuid: string): Promise<any>
  texts(): Promise<string[]>
  /** Waits until something is asked. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  asked(): Promise<any>
}

export async function openChat(
  { world, api }: { world: World; api: TestApi },
  definition: Record<string, unknown> | string,
  who: Who = 'member',
  chatSessionId: string = randomUUID(),
): Promise<Chat> {
  const workflowId =
    typeof definition === 'string'
      ? definition
      : await api.publish({ name: 'Test', type: 'chat_driven', ...definition })
  const at = `R/chat/sessions/${chatSessionId}`
  const as = api.as(who)
  let isFollowed = false
  const send: Chat['send'] = async (body, headers) => {
    const answer = await as.post(`${at}/messages`, { workflowId, ...body }, headers)
    if (answer.status < 300 && !isFollowed) {
      isFollowed = true
      world.followJob(sessionWorkflowId(world.workspaceId, chatSessionId))
    }
    return answer
  }
  const session = async () => (await as.get(at)).body
  return {
    chatSessionId,
    workflowId,
    at,
    send,
    session,
    say: (userMessage, more = {}, headers) => send({ userMessage, ...more }, headers),
    ask: (userMessage, more = {}) => send({ userMessage, ...more }, { prefer: 'wait=30' }),
    turn: (instanceUuid) =>
      until(`the end of turn ${instanceUuid}`, async () => {
        const { body } = await as.get(`R/workflows/instances/${instanceUuid}`)
        return body.finishedAt ? body : undefined
      }),
    texts: async () =>
      (await session()).messages.map(
        ({ role, text, cancelled }: { role: string; text: string; cancelled?: true }) =>
          `${role}: ${text}${cancelled ? ' (cancelled)' : ''}`,
      ),
    asked: () => until('a request', async () => (await session()).requests?.[0]),
  }
}

export const echo = {
  variables: { said: '' },
  steps: [
    { id: 'keep', type: 'set', variables: { said: '${variables.said}${userMessage}. ' } },
    { id: 'reply', type: 'message', text: 'So far: ${variables.said}' },
    { id: 'end', type: 'end' },
  ],
}

export const approving = (whileBusy: string) => ({
  chat: { whileBusy },
  steps: [
    { id: 'ok', type: 'approval', title: 'Go?', artifact: { text: '${userMessage}' } },
    { id: 'reply', type: 'message', text: 'Went: ${userMessage}' },
    { id: 'end', type: 'end' },
  ],
})

export const asking = {
  steps: [
    { id: 'hello', type: 'message', text: 'Hello.', quickReplies: ['Two', 'Three'] },
    { id: 'count', type: 'ask', question: 'How many?', answer: { type: 'number' } },
    { id: 'reply', type: 'message', text: '${userMessage}: ${count}' },
    { id: 'end', type: 'end' },
  ],
}

export const triggered = {
  ...echo,
  triggers: [
    {
      id: 'order-help',
      name: 'Order support',
      message: 'Help with order ${orderId} of ${who}.',
      parameters: [{ name: 'orderId' }, { name: 'who', default: 'a guest', description: 'Whose it is' }],
    },
  ],
}
