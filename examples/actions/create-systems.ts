import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createOrders } from '../support-assistant/create-orders.ts'

interface Account {
  number: string
  customer: string
  plan: string
  status: string
  since: string
  balance: number
  currency: string
}

interface Answer {
  status: number
  body: object
}

const beginning: Account[] = [
  {
    number: 'F-2041',
    customer: 'Nordwind Cargo',
    plan: 'Fleet 50',
    status: 'active',
    since: '2023-04-01',
    balance: -180.5,
    currency: 'EUR',
  },
  {
    number: 'F-2042',
    customer: 'Havel Logistik',
    plan: 'Fleet 10',
    status: 'active',
    since: '2025-09-15',
    balance: 42,
    currency: 'EUR',
  },
  {
    number: 'F-2077',
    customer: 'Polar Fish',
    plan: 'Cold chain',
    status: 'suspended',
    since: '2021-01-11',
    balance: -1_240,
    currency: 'EUR',
  },
]

const largest = 100_000

/**
 * `GET /accounts/{number}`, `POST /sms`, `POST /payments`; what was sent and paid stands at `GET /sms` and
 * `GET /payments`. Beside them the order system, whose MCP server is at `/orders/mcp`. A request that comes again under its `Idempotency-Key` gets the first answer. Nothing outlives it.
 */
export function createSystems(): Server {
  const orders = createOrders()
  const accounts = new Map(beginning.map((account) => [account.number, { ...account }]))
  const sent: object[] = []
  const payments: object[] = []
  const answered = new Map<string, Answer>()

  const sendSms = ({ to, text }: Record<string, unknown>): Answer => {
    if (typeof to !== 'string' || !/^\+?[\d ()/-]{7,20}$/.test(to))
      return refused(`“${to}” is no telephone number: write it like +49 170 1234567`)
    if (typeof text !== 'string' || text.trim() === '' || text.length > 1_000)
      return refused('an SMS has a text of 1 to 1,000 characters')
    const sms = { smsId: `S-${sent.length + 1}`, to, text, status: 'sent' }
    sent.push(sms)
    return { status: 201, body: sms }
  }

  const pay = ({ account: number, amount }: Record<string, unknown>): Answer => {
    const account = accounts.get(`${number}`.toUpperCase())
    if (!account) return missing(`${number}`)
    if (typeof amount !== 'number' || !(amount > 0) || amount > 10_000)
      return refused('an amount is more than 0 and at most 10,000 euro')
    account.balance = Math.round((account.balance + amount) * 100) / 100
    const paymentId = `P-${randomUUID().slice(0, 8)}`
    const payment = { paymentId, account: account.number, amount, status: 'paid', balance: account.balance }
    payments.push(payment)
    return { status: 201, body: payment }
  }

  const missing = (number: string): Answer => ({
    status: 404,
    body: { error: `there is no account ${number}; there are ${[...accounts.keys()].join(', ')}` },
  })

  const answerTo = (route: string, given: Record<string, unknown>, key: string | null): Answer => {
    const ofOrders = orders.answerTo(route, given, key)
    if (ofOrders) return ofOrders
    const number = /^GET \/accounts\/([\w-]+)$/.exec(route)?.[1]?.toUpperCase()
    if (number !== undefined) {
      const account = accounts.get(number)
      return account ? { status: 200, body: account } : missing(number)
    }
    if (route === 'POST /sms') return sendSms(given)
    if (route === 'GET /sms') return { status: 200, body: sent }
    if (route === 'POST /payments') return pay(given)
    if (route === 'GET /payments') return { status: 200, body: payments }
    return {
      status: 404,
      body: { error: 'GET /accounts/{number}, /sms, /payments, /refunds; POST /sms, /payments, /refunds' },
    }
  }

  return createServer(async (request, response) => {
    const key = request.headers['idempotency-key']
    const route = `${request.method} ${(request.url ?? '/').replace(/[?#].*$/s, '').replace(/(?<=.)\/$/, '')}`
    if (route.endsWith(' /orders/mcp')) return orders.speakMcp(request, response)
    let answer: Answer
    try {
      const given = request.method === 'POST' ? await readBody(request) : {}
      const again = typeof key === 'string' ? answered.get(key) : undefined
      answer = again ?? answerTo(route, given, typeof key === 'string' ? key : null)
    } catch {
      answer = refused('a JSON object is expected')
    }
    if (typeof key === 'string') answered.set(key, answer)
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer.body))
  })
}

const refused = (error: string): Answer => ({ status: 422, body: { error } })

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const chunk of request) {
    text += chunk
    if (text.length > largest) throw new Error('too large')
  }
  return { ...JSON.parse(text) }
}
