import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js'

interface Order {
  number: string
  customer: string
  items: string
  /** Where it is, as one sentence. */
  whereabouts: string
  total: number
}

const orders: Order[] = [
  {
    number: '10017',
    customer: 'Nordwind Cargo',
    items: '40 trackers T2',
    whereabouts: 'It was shipped on 12 November 2026 and arrives on 24 November 2026.',
    total: 3_560,
  },
  {
    number: '10018',
    customer: 'Havel Logistik',
    items: '12 temperature loggers',
    whereabouts: 'It is being packed and leaves on 23 November 2026.',
    total: 1_428,
  },
  {
    number: '10021',
    customer: 'Polar Fish',
    items: '5 gateways',
    whereabouts: 'It was delivered on 18 November 2026.',
    total: 745,
  },
]

/** A refund that was paid, and the key under which it was asked for. */
interface Refund {
  refundId: string
  order: string
  amount: number
  currency: string
  status: string
  key: string | null
}

interface Answer {
  status: number
  body: object
}

type Requested = Parameters<StreamableHTTPServerTransport['handleRequest']>

const text = (description: string) => ({ type: 'string', description })

const tools: Tool[] = [
  {
    name: 'get_order',
    description: 'Finds an order by its number: what was ordered, where it is, when it arrives.',
    annotations: { readOnlyHint: true },
    inputSchema: {
      type: 'object',
      properties: { orderNumber: text('Number of the order, such as 10017') },
      required: ['orderNumber'],
    },
  },
  {
    name: 'find_orders',
    description: 'Lists all that a company has bought.',
    annotations: { readOnlyHint: true },
    inputSchema: {
      type: 'object',
      properties: { customer: text('Name of the company') },
      required: ['customer'],
    },
  },
]

/**
 * The order system: an MCP server that looks orders up, and `POST /refunds`, which pays one back; what was paid back
 * stands at `GET /refunds`. Nothing outlives it.
 */
export function createOrders() {
  const refunds: Refund[] = []

  const tell = ({ number, customer, items, whereabouts, total }: Order): string => {
    const refund = refunds.find(({ order }) => order === number)
    const paidBack = refund ? ` ${euro(refund.amount)} were paid back (${refund.refundId}).` : ''
    return `Order ${number} of ${customer}: ${items}, ${euro(total)}. ${whereabouts}${paidBack}`
  }

  const call = (name: string, given: Record<string, unknown>): CallToolResult => {
    if (name === 'get_order') {
      const order = findOrder(given.orderNumber)
      return order ? said(tell(order)) : failed(noOrder(given.orderNumber))
    }
    if (name !== 'find_orders') return failed(`there is no tool ${name}`)
    const wanted = `${given.customer}`.toLowerCase()
    const found = orders.filter(({ customer }) => wanted !== '' && customer.toLowerCase().includes(wanted))
    return said(found.length > 0 ? found.map(tell).join('\n') : `There is no order of ${given.customer}.`)
  }

  const refund = ({ order: number }: Record<string, unknown>, key: string | null): Answer => {
    const order = findOrder(number)
    if (!order) return { status: 404, body: { error: noOrder(number) } }
    const before = refunds.find((one) => one.order === order.number)
    if (before)
      return {
        status: 422,
        body: { error: `order ${order.number} was paid back already, as ${before.refundId}` },
      }
    const { number: paid, total: amount } = order
    const made = { refundId: `R-${refunds.length + 1}`, order: paid, amount, currency: 'EUR', status: 'paid' }
    refunds.push({ ...made, key })
    return { status: 201, body: made }
  }

  return {
    /** Undefined where the route is another system's. */
    answerTo(route: string, given: Record<string, unknown>, key: string | null): Answer | undefined {
      if (route === 'POST /refunds') return refund(given, key)
      if (route === 'GET /refunds') return { status: 200, body: refunds }
      return undefined
    },
    /** Speaks MCP over Streamable HTTP, each request for itself. */
    async speakMcp(...[request, response, body]: Requested): Promise<void> {
      const server = new Server(
        { name: 'fleetline-orders', version: '1.0.0' },
        { capabilities: { tools: {} } },
      )
      server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }))
      server.setRequestHandler(CallToolRequestSchema, ({ params }) =>
        call(params.name, params.arguments ?? {}),
      )
      const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined })
      response.on('close', () => void server.close())
      await server.connect(transport)
      await transport.handleRequest(request, response, body)
    },
  }
}

const findOrder = (number: unknown): Order | undefined =>
  orders.find((order) => order.number === `${number}`.replace(/^#/, '').trim())

const noOrder = (number: unknown): string =>
  `there is no order ${number}; there are ${orders.map((order) => order.number).join(', ')}`

const euro = (amount: number): string => `${amount.toLocaleString('en-US')} euro`

const said = (words: string): CallToolResult => ({ content: [{ type: 'text', text: words }] })
const failed = (words: string): CallToolResult => ({ ...said(words), isError: true })
