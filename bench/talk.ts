/** The turn that is measured: which intent a message has, then an agent that asks another system once. Three model calls. */
const steps = [
  {
    id: 'wish',
    type: 'intent',
    useMemory: true,
    intents: [
      {
        name: 'order',
        description: 'Asks about an order',
        examples: ['where is my parcel'],
        steps: [
          {
            id: 'reply',
            type: 'agent',
            chatReply: true,
            useMemory: true,
            prompt: 'Answer about the order, politely: ${userMessage}',
            tools: [{ integration: 'orders', operation: 'getOrder' }],
          },
        ],
      },
    ],
    otherwise: [{ id: 'menu', type: 'message', text: 'I can help with orders.' }],
  },
  { id: 'done', type: 'end' },
]

/** Turns of before that the model is given. */
export const rememberedTurns = 3

export const orderDesk = {
  name: 'Order desk',
  type: 'chat_driven',
  chat: { memory: { strategy: 'last', turns: rememberedTurns } },
  steps,
} as const satisfies object

/** The same, with a summary of what came before, kept beside the turns by a model call more. */
export const longDesk = {
  ...orderDesk,
  name: 'Order desk with a long memory',
  chat: { memory: { strategy: 'summary', turns: rememberedTurns } },
} as const satisfies object

/** The system that the agent asks. */
export const orders = {
  name: 'orders',
  description: 'The orders of the shop',
  operation: {
    name: 'getOrder',
    description: 'Finds an order by its number',
    method: 'GET',
    path: '/orders/{id}',
    arguments: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
  },
} as const

/** What is said in each turn. */
export const question = 'Where is my order 1042? It should have been here on Monday.'

/** Nothing but an agent that answers: for the time until its first word can be read. */
export const parrot = {
  name: 'Parrot',
  type: 'chat_driven',
  chat: { memory: { strategy: 'none' } },
  steps: [
    { id: 'reply', type: 'agent', chatReply: true, prompt: 'Answer: ${userMessage}' },
    { id: 'done', type: 'end' },
  ],
} as const satisfies object
