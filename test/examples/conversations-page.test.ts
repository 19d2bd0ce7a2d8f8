import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createOpenAiModels } from '../../activities/providers/models/openai.ts'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { startApi, type TestApi } from '../harness/api.ts'
import { type ModelServer, startModelServer } from '../harness/model-server.ts'
import { until } from '../harness/until.ts'
import { createWorld, type World } from '../harness/world.ts'

const page = readFileSync(new URL('../../docs/conversations.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, kind = '', text = '']) => ({
  kind,
  text,
}))

let world: World
let api: TestApi
let model: ModelServer
beforeAll(async () => {
  model = await startModelServer(({ messages }) => {
    const text = String(messages.at(-1)?.content)
    const file = /<file name=.*>\n(.*)\n<\/file>/.exec(text)?.[1]
    if (file) return `It says: ${file}`
    return text.includes('parcel') ? 'It is on its way.' : 'With pleasure.'
  })
  world = await createWorld((deps) => ({
    ...deps,
    models: createOpenAiModels({ apiKey: 'test', baseUrl: model.baseUrl, model: 'test-model' }),
  }))
  api = await startApi({ world })
})
afterEach(() => world.replay())
afterAll(async () => {
  await api.close()
  await world.close()
  await model.close()
})

/** `…` in an answer of the page is any value, or any end of a text. */
const expected = (value: unknown): unknown => {
  if (value === '…') return expect.anything()
  if (Array.isArray(value)) return value.map(expected)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, expected(inner)]))
}

it('what the page on conversations says is so, from the first request to the last', async () => {
  const [definition, ...rest] = blocks
  const known: Record<string, string> = {
    workflowId: await api.publish(JSON.parse(definition?.text ?? '')),
    chatSessionId: randomUUID(),
    testSessionId: randomUUID(),
    fileId: (await api.as('member').upload('order.txt', 'Two chairs.')).body.fileId,
  }
  const filled = (text: string) =>
    text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => known[name] ?? whole)
  const chat = `R/chat/sessions/${known.chatSessionId}`
  // biome-ignore lint/suspicious/noExplicitAny: answers of every route
  let answer: any
  for (const [index, { kind, text }] of rest.entries()) {
    if (kind === 'json') {
      expect(answer.body).toMatchObject(expected(JSON.parse(filled(text))) as object)
      continue
    }
    if (kind === 'events') {
      const stream = await api.as('member').stream(`${chat}/stream`)
      await stream.next('the end', ({ event }) => event === 'instanceFinished')
      stream.drop()
      expect(
        stream.seen
          .filter(({ id, event }) => id !== undefined && event !== 'progress')
          .map(({ event, data }) =>
            [event, event === 'message' ? data.role : event.startsWith('step') ? data.stepId : '']
              .join(' ')
              .trim(),
          ),
      ).toEqual(text.trim().split('\n'))
      continue
    }
    const [head = '', body] = filled(text).split('\n\n')
    const [line = '', ...headers] = head.trim().split('\n')
    const [method, path = ''] = line.trim().split(' ')
    const who = api.as(path.startsWith('A/') ? 'admin' : 'member')
    const more = Object.fromEntries(headers.map((one) => one.toLowerCase().split(': ')))
    answer = method === 'GET' ? await who.get(path) : await who.post(path, body && JSON.parse(body), more)
    expect([line, answer.status < 300 ? 'fine' : answer.body]).toEqual([line, 'fine'])
    if (answer.body.messageId)
      known[answer.body.status === 'queued' ? 'queued' : 'turn'] = answer.body.instanceUuid
    if (path.endsWith('/decisions') || path.endsWith('/test'))
      await until(`what follows block ${index}`, async () => {
        const { body: session } = await who.get(
          path.endsWith('/test') ? `R/chat/sessions/${known.testSessionId}` : chat,
        )
        return session.instanceUuid === null && session.messages.at(-1)?.role !== 'user'
      })
  }
  for (const id of [known.chatSessionId, known.testSessionId])
    world.followJob(sessionWorkflowId(world.workspaceId, id as string))
}, 120_000)
