import type { Example } from '../example.ts'

/** The action that the assistant calls, over the order system. */
const refundOrder: Example = {
  folder: new URL('./refund-order/', import.meta.url),
  files: {},
  integration: {
    name: 'refunds',
    description: 'The part of the order system that pays back',
    operations: [
      {
        name: 'refundOrder',
        description: 'Pays back what was paid for an order',
        method: 'POST',
        path: '/',
        arguments: { type: 'object', required: ['order'], properties: { order: { type: 'string' } } },
        // It knows the key of a request that comes again, and pays once.
        repeatable: true,
      },
    ],
  },
}

const assistant: Example = {
  folder: new URL('./', import.meta.url),
  files: {},
  teams: ['support'],
  needsSystems: true,
  mcpServer: { name: 'orders', path: '/orders/mcp' },
  knowledge: {
    name: 'Fleetline support',
    description: 'Returns, refunds, delivery, warranty, service hours, and the guide of the tracker T2',
    files: ['delivery.md', 'returns-and-refunds.md', 'tracker-t2-guide.pdf', 'warranty-and-service.md'],
  },
  uiFlow: {
    variable: 'shop',
    flow: {
      name: 'Fleetline shop',
      pages: [
        {
          pageId: 'orders',
          title: 'My orders',
          chats: [{ componentId: 'support' }],
          children: [
            {
              pageId: 'order',
              title: 'Order',
              queryParameters: [{ name: 'orderId', required: true }],
              conversationContext: { orderId: '${orderId}' },
              triggers: ['orderHelp'],
              chats: [{ componentId: 'support' }],
            },
          ],
        },
      ],
    },
  },
}

/** The conversation in which everything comes together, and the action that it calls. */
export const supportAssistant: Example[] = [refundOrder, assistant]
