import { randomUUID } from 'node:crypto'
import { connectConversations, type ParleyConversations } from '../../client/temporal.ts'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { saveHistory } from '../harness/history-file.ts'
import { ana, createWorld, type World } from '../harness/world.ts'

let world: World
let conversations: ParleyConversations

/** Asks, has something approved, or answers through a model, as the message begins. */
const desk = {
  name: 'Desk',
  type: 'chat_driven',
  chat: { whileBusy: 'merge', memory: { strategy: 'summary', turns: 1 } },
  variables: { said: 0 },
  steps: [
    { id: 'count', type: 'set', variables: { said: '${variables.said + 1}' } },
    {
      id: 'way',
      type: 'branch',
      cases: [
        {
          when: "${userMessage.startsWith('order')}",
          steps: [
            { id: 'many', type: 'ask', question: 'How many?', answer: { type: 'number' } },
            { id: 'ordered', type: 'message', text: '${many} ordered.' },
          ],
        },
        {
          when: "${userMessage.startsWith('pay')}",
          steps: [
            { id: 'ok', type: 'approval', title: 'Pay?', artifact: { text: '${userMessage}' } },
            { id: 'paid', type: 'message', text: 'Paid.' },
          ],
        },
      ],
      otherwise: [{ id: 'reply', type: 'agent', chatReply: true, useMemory: true, prompt: '${userMessage}' }],
    },
    { id: 'end', type: 'end' },
  ],
}

async function talk() {
  const chatSessionId = randomUUID()
  const session = { workflowId: await world.publish(desk), chatSessionId, startedBy: ana }
  const temporalId = sessionWorkflowId(world.workspaceId, chatSessionId)
  return {
    say: (userMessage: string, more: object = {}) =>
      conversations.sendMessage(session, { userMessage, by: ana, ...more }),
    decide: () => conversations.decide(chatSessionId, { decision: 'approve', by: ana }),
    cancel: (instanceUuid: string) => conversations.cancelTurn(chatSessionId, instanceUuid),
    /** Ends it, and keeps the history of its last execution. */
    save: async (name: string) => {
      await conversations.endSession(chatSessionId)
      await world.client.workflow.getHandle(temporalId).result()
      await saveHistory(name, await world.client.workflow.getHandle(temporalId).fetchHistory())
    },
  }
}

/** The conversations whose histories are kept: turns, a cancelled one and a merged queue. */
export function saveConversations(): void {
  beforeAll(async () => {
    world = await createWorld()
    const { client, workspaceId, appId } = world
    conversations = connectConversations({ client, workspaceId, appId })
  })
  afterAll(() => world.close())

  it('turns with and without a model, a queue that is joined to one turn, a turn that is cancelled, and one before it began', async () => {
    const chat = await talk()
    // Replies, and the summaries that are made beside them.
    world.models.will(...Array.from({ length: 20 }, (_, index) => `Said ${index}.`))
    const over = async (said: Promise<{ instanceUuid: string }>) => world.ended((await said).instanceUuid)
    await over(chat.say('one', { variables: { given: true } }))
    await over(chat.say('two', { uiFlowContext: { page: 'home' } }))
    const order = await chat.say('order')
    await world.request(order.instanceUuid)
    await chat.say('a lot')
    await over(chat.say('12'))
    const paying = await chat.say('pay')
    await world.request(paying.instanceUuid)
    const joined = chat.say('three')
    await chat.say('four')
    await chat.decide()
    await over(joined)
    const given = await chat.say('pay again')
    await world.request(given.instanceUuid)
    await chat.cancel((await chat.say('five')).instanceUuid)
    await chat.cancel(given.instanceUuid)
    await world.ended(given.instanceUuid)
    await chat.save('conversation')
  })
}
