import { randomUUID } from 'node:crypto'
import { readdir, utimes } from 'node:fs/promises'
import net from 'node:net'
import { join } from 'node:path'
import { createStage, type Stage } from '../harness/stage.ts'
import { until } from '../harness/until.ts'

const limit = 120_000

let stage: Stage
/** Whether the model answers in the form it is asked for. */
let isMended = false
let runtime: string
let admin: string
beforeAll(async () => {
  stage = await createStage({ reply: () => (isMended ? '{"n": 1}' : '{"n": "one"}') })
  const { workspaceId, appId } = await stage.parley.place()
  const place = `wks/${workspaceId}/app/${appId}`
  runtime = `${stage.parley.baseUrl}/api/runtime/${place}`
  admin = `${stage.parley.baseUrl}/api/admin/${place}`
}, limit)
afterAll(() => stage?.close(), limit)

const mail = (id: string) => ({
  id,
  type: 'deliver',
  files: [],
  to: [{ email: ['someone@parley.example'], subject: `${id} \${input.topic}`, body: 'x' }],
})
const subjects = (topic: string) =>
  stage.mails.mails.map(({ subject }) => subject).filter((subject) => subject?.endsWith(topic))
const start = async (workflowId: string, topic: string) =>
  (await stage.parley.startRun({ workflowId, input: { topic } })).instanceUuid

it(
  'an API that is killed in the middle of an upload: the half of it goes, and it is taken when sent again',
  async () => {
    const assets = join(stage.folder, 'assets')
    const stored = async () =>
      (await readdir(assets, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    const before = await stored()
    const { pathname, port } = new URL(`${runtime}/files`)
    const socket = net.connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      `POST ${pathname} HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 5000000\r\n\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="cut.txt"\r\n\r\n${'x'.repeat(400_000)}`,
    )
    await until('some bytes are there', async () => (await stored()).length > before.length)
    stage.kill('api')
    socket.destroy()
    // Nobody can tell a write that was killed from one that is slow, until an hour is over.
    const longAgo = new Date(Date.now() - 2 * 3_600_000)
    for (const { parentPath, name } of await stored()) await utimes(join(parentPath, name), longAgo, longAgo)
    await stage.back('api')
    const form = new FormData()
    form.append('file', new Blob(['x'.repeat(5_000)]), 'cut.txt')
    const again = await fetch(`${runtime}/files`, { method: 'POST', body: form })
    const { fileId, bytes } = await again.json()
    expect([again.status, bytes]).toEqual([201, 5_000])
    expect((await stored()).map(({ name }) => name)).toEqual([
      ...before.map(({ name }) => name),
      `${fileId}.original`,
    ])
  },
  limit,
)

it(
  'a workflow that is deleted while answers to its runs arrive: every answer is taken or refused, every run ends',
  async () => {
    const workflowId = await stage.publish({
      input: { type: 'object', properties: { topic: { type: 'string' } } },
      steps: [
        { id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } },
        mail('answered'),
        { id: 'again', type: 'ask', question: 'And?', answer: { type: 'text' } },
        { id: 'done', type: 'end', output: '${again}' },
      ],
    })
    const topics = Array.from({ length: 12 }, () => randomUUID())
    const runs = await Promise.all(topics.map((topic) => start(workflowId, topic)))
    await Promise.all(runs.map((run) => stage.request(run, 'q')))

    let isOver = false
    const statuses: number[] = []
    const answering = runs.map(async (run) => {
      while (!isOver) {
        const { status } = await fetch(`${runtime}/workflows/instances/${run}/answers`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ value: 'Good' }),
        })
        statuses.push(status)
      }
    })
    await until('the first answers to be taken', () => statuses.includes(200))
    const deleted = await fetch(`${admin}/workflows/${workflowId}`, { method: 'DELETE' })
    const ends = await Promise.all(runs.map((run) => stage.ended(run)))
    isOver = true
    await Promise.all(answering)

    expect(deleted.status).toBe(204)
    expect([...new Set(statuses)].filter((status) => ![200, 409].includes(status))).toEqual([])
    for (const [index, { status, output, requests }] of ends.entries()) {
      expect(['completed', 'cancelled']).toContain(status)
      expect([output ?? null, requests]).toEqual([status === 'completed' ? 'Good' : null, []])
      const sent = subjects(topics[index] as string).length
      expect(sent).toBeLessThanOrEqual(1)
      if (status === 'completed') expect(sent).toBe(1)
    }
    expect((await fetch(`${runtime}/workflows/${workflowId}/runs`, { method: 'POST' })).status).toBe(404)
  },
  limit,
)

it(
  'a failed run that two people retry, while its worker is killed: it goes on once, and no effect is repeated',
  async () => {
    const workflowId = await stage.publish({
      input: { type: 'object', properties: { topic: { type: 'string' } } },
      steps: [
        mail('before'),
        {
          id: 'facts',
          type: 'draft',
          format: 'json',
          prompt: 'Count ${input.topic}',
          responseSchema: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } },
        },
        mail('after'),
        { id: 'done', type: 'end', output: '${facts.n}' },
      ],
    })
    const topic = randomUUID()
    const asked = () =>
      stage.model.requests.filter(({ messages }) => messages.some(({ content }) => content?.includes(topic)))
        .length
    const run = await start(workflowId, topic)
    expect((await stage.ended(run)).error?.code).toBe('ModelOutputInvalid')
    expect(subjects(topic)).toEqual([`before ${topic}`])

    isMended = true
    stage.model.hold()
    const before = asked()
    const retries = await Promise.all(
      [randomUUID(), randomUUID()].map((key) =>
        fetch(`${runtime}/workflows/instances/${run}/retry`, {
          method: 'POST',
          headers: { 'idempotency-key': key },
        }),
      ),
    )
    expect(retries.map(({ status }) => status).sort()).toEqual([202, 409])
    await until('the model to be asked again', () => asked() > before, 60_000)
    stage.kill('worker')
    await stage.back('worker')
    stage.model.release()

    const ended = await stage.ended(run)
    expect([ended.status, ended.output]).toEqual(['completed', 1])
    expect(subjects(topic).sort()).toEqual([`after ${topic}`, `before ${topic}`])
    const { items } = await stage.parley.instances({ workflowId })
    expect(items.map(({ instanceUuid }) => instanceUuid)).toEqual([run])
  },
  limit,
)
