import { randomUUID } from 'node:crypto'
import { asc, eq } from 'drizzle-orm'
import { createParser } from 'eventsource-parser'
import { createOpenAiModels } from '../../activities/providers/models/openai.ts'
import { connectHttp } from '../../client/http.ts'
import { journal } from '../../storage/sql/schema.ts'
import { addressOf, startApi, type TestApi } from '../harness/api.ts'
import { startCuttingProxy } from '../harness/cutting-proxy.ts'
import { dice, seed } from '../harness/dice.ts'
import { tell } from '../harness/model-wire.ts'
import { percentile } from '../harness/percentile.ts'
import { until } from '../harness/until.ts'
import { startWebServer, type WebServer } from '../harness/web-server.ts'
import { createWorld, type World } from '../harness/world.ts'

const drops = 100
const words = 12
/** What the journal holds for the workflow and the log only. */
const internal = ['turnOpened', 'variablesSet', 'sessionStarted']

const random = dice(seed)
let server: WebServer
let world: World
let api: TestApi
let workflowId: string
/** When the first piece of each reply left the model's server, by the message that it replies to. */
const firstPieces = new Map<string, number>()

beforeAll(async () => {
  server = await startWebServer(({ body }, response) => {
    const { messages } = JSON.parse(body) as { messages: { role: string; content: string }[] }
    const message = messages.findLast(({ role }) => role === 'user')?.content ?? ''
    const pieces = Array.from({ length: words }, (_, index) => `${message}-${index} `)
    return tell(pieces, 20, (index) => {
      if (index === 0) firstPieces.set(message, performance.now())
    })(response)
  })
  const models = createOpenAiModels({ apiKey: 'test', baseUrl: `${server.url}/v1`, model: 'test-model' })
  world = await createWorld((deps) => ({ ...deps, models }))
  api = await startApi({ world })
  workflowId = await api.publish({
    name: 'Slow',
    type: 'chat_driven',
    steps: [
      { id: 'reply', type: 'agent', chatReply: true, prompt: '${userMessage}' },
      { id: 'end', type: 'end' },
    ],
  })
}, 180_000)
afterAll(async () => {
  await api.close()
  await world.close()
  await server.close()
})

interface Seen {
  id: number | undefined
  event: string
  // biome-ignore lint/suspicious/noExplicitAny: events of every shape
  data: any
  at: number
}

/** Puts a reply together from its pieces, as a page does. Counts what does not fit. */
class Rebuilt {
  faults: string[] = []
  /** Replies of which all pieces came, with resets in between or not. */
  whole = 0
  private text: string | undefined
  private of = ''

  /** What was shown before is not trusted. */
  connected(): void {
    this.text = undefined
    this.of = ''
  }

  take({ event, data }: Seen): void {
    const of = `${data.messageId}:${data.attempt}`
    if (event === 'reset') {
      this.of = of
      this.text = ''
    }
    if (event === 'messageDelta') {
      if (this.of !== of || this.text === undefined) this.text = ''
      this.of = of
      if (data.offset !== this.text.length)
        this.faults.push(`a piece at ${data.offset} behind ${this.text.length} characters`)
      this.text += data.text
    }
    if (event === 'message' && data.role === 'agent' && this.of.startsWith(`${data.messageId}:`)) {
      if (this.text?.trim() === data.text) this.whole += 1
      else this.faults.push(`“${this.text}” was shown, and “${data.text}” is the message`)
      this.connected()
    }
  }
}

/** A reader without any cleverness: comes back at once, with the last id it has read to its end. */
function read(url: string, chatSessionId: string) {
  const seen: Seen[] = []
  const rebuilt = new Rebuilt()
  const stop = new AbortController()
  const address = addressOf(url, api, `R/chat/sessions/${chatSessionId}/stream`)
  let last: number | undefined
  const connect = async () => {
    const headers = {
      authorization: `Bearer ${api.keys.member}`,
      ...(last === undefined ? {} : { 'last-event-id': `${last}` }),
    }
    const response = await fetch(address, { headers, signal: stop.signal })
    rebuilt.connected()
    const parser = createParser({
      onEvent: ({ id, event = 'message', data }) => {
        const one = {
          id: id === undefined ? undefined : Number(id),
          event,
          data: JSON.parse(data),
          at: performance.now(),
        }
        last = one.id ?? last
        seen.push(one)
        rebuilt.take(one)
      },
    })
    const decoder = new TextDecoder()
    for await (const bytes of response.body ?? []) parser.feed(decoder.decode(bytes, { stream: true }))
  }
  const reading = (async () => {
    while (!stop.signal.aborted) await connect().catch(() => {})
  })()
  return {
    seen,
    rebuilt,
    stop: async () => {
      stop.abort()
      await reading
    },
  }
}

const say = async (chatSessionId: string, userMessage: string): Promise<string> => {
  const at = `R/chat/sessions/${chatSessionId}/messages`
  const { status, body } = await api.as('member').post(at, { workflowId, userMessage })
  expect(status).toBe(202)
  return body.instanceUuid
}
const endOf = (seen: { event: string; data: { instanceUuid: string } }[], instanceUuid: string) =>
  until(`the end of ${instanceUuid}`, () =>
    seen.some(({ event, data }) => event === 'instanceFinished' && data.instanceUuid === instanceUuid),
  )
const journalOf = async (chatSessionId: string): Promise<number[]> =>
  (
    await world.db
      .select({ seq: journal.seq, event: journal.event })
      .from(journal)
      .where(eq(journal.streamId, chatSessionId))
      .orderBy(asc(journal.seq))
  )
    .filter(({ event }) => !internal.includes(event))
    .map(({ seq }) => Number(seq))

it('B12 readers that are cut off a hundred times, anywhere, miss and double nothing, and put every reply together', async () => {
  const proxy: Awaited<ReturnType<typeof startCuttingProxy>> = await startCuttingProxy(api.url, () =>
    proxy.cuts() < drops ? Math.floor(200 + random() * 5_000) : undefined,
  )
  const talk = async (name: number) => {
    const chatSessionId = randomUUID()
    let turn = await say(chatSessionId, `${name}.0`)
    const reader = read(proxy.url, chatSessionId)
    await endOf(reader.seen, turn)
    for (let number = 1; proxy.cuts() < drops || number < 4; number++) {
      turn = await say(chatSessionId, `${name}.${number}`)
      await endOf(reader.seen, turn)
    }
    await reader.stop()
    return { chatSessionId, reader }
  }
  const talks = await Promise.all(Array.from({ length: 4 }, (_, name) => talk(name)))
  await proxy.close()
  for (const { chatSessionId, reader } of talks) {
    const ids = reader.seen.flatMap(({ id }) => id ?? [])
    expect(ids).toEqual(await journalOf(chatSessionId))
    expect(reader.rebuilt.faults).toEqual([])
    expect(reader.rebuilt.whole).toBeGreaterThan(0)
  }
  expect(proxy.cuts()).toBeGreaterThanOrEqual(drops)
}, 180_000)

it('B12 the client of backend services goes on by itself where it was cut off', async () => {
  const proxy: Awaited<ReturnType<typeof startCuttingProxy>> = await startCuttingProxy(api.url, () =>
    proxy.cuts() < 10 ? Math.floor(200 + random() * 3_000) : undefined,
  )
  const chatSessionId = randomUUID()
  const turns = [await say(chatSessionId, 'client.0')]
  const stop = new AbortController()
  const { workspaceId, appId } = api
  const client = connectHttp({ baseUrl: proxy.url, apiKey: api.keys.member, workspaceId, appId })
  const seen: Seen[] = []
  const reading = (async () => {
    for await (const { id, event, data } of client.sessionEvents(chatSessionId, { signal: stop.signal }))
      seen.push({ id: id === undefined ? undefined : Number(id), event, data, at: 0 })
  })()
  await endOf(seen, turns[0] as string)
  for (let number = 1; proxy.cuts() < 10; number++) {
    const turn = await say(chatSessionId, `client.${number}`)
    await endOf(seen, turn)
  }
  stop.abort()
  await reading
  await proxy.close()
  expect(seen.flatMap(({ id }) => id ?? [])).toEqual(await journalOf(chatSessionId))
}, 180_000)

it('F097 B12 the first token of a reply is soon at its reader', async () => {
  const chatSessionId = randomUUID()
  let turn = await say(chatSessionId, 'first.0')
  const reader = read(api.url, chatSessionId)
  await endOf(reader.seen, turn)
  const waits: number[] = []
  for (let number = 1; number <= 15; number++) {
    const message = `first.${number}`
    turn = await say(chatSessionId, message)
    await endOf(reader.seen, turn)
    const first = reader.seen.find(
      ({ event, data }) => event === 'messageDelta' && data.instanceUuid === turn && data.offset === 0,
    )
    waits.push(Number(first?.at) - Number(firstPieces.get(message)))
  }
  await reader.stop()
  const figures = { p50: Math.round(percentile(waits, 0.5)), p95: Math.round(percentile(waits, 0.95)) }
  process.stdout.write(`first token at the reader, ms: ${JSON.stringify(figures)}\n`)
  // 20 ms on a machine that does nothing else; a token that waits for a poll or for the next one would take longer.
  expect(figures.p50).toBeLessThan(200)
}, 60_000)
