import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connectHttp, HttpProblem } from '../../client/http.ts'
import { StubParley } from '../cli/stub-parley.ts'

const workflowId = '33333333-3333-4333-8333-333333333333'

describe('client/http', () => {
  const stub = new StubParley()
  const connect = (more = {}) => connectHttp({ baseUrl: `${stub.url}/`, ...more })
  beforeAll(() => stub.start())
  afterAll(() => stub.stop())
  beforeEach(() => {
    stub.received.length = 0
    stub.runs.clear()
    stub.workflows = [
      {
        workflowId,
        name: 'Sales package',
        story: async (run) => void (await run.ask('seats', 'How many?', { type: 'number' })),
      },
    ]
  })

  const problemOf = async (attempt: Promise<unknown>): Promise<HttpProblem> => {
    const error = await attempt.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(HttpProblem)
    return error as HttpProblem
  }

  test('workspace and app are found through me, once, and the key is sent along', async () => {
    const parley = connect({ apiKey: 'secret' })
    const { items } = await parley.catalog()
    await parley.instances()
    expect(items).toMatchObject([{ workflowId, name: 'Sales package' }])
    expect(stub.calls('/api/me')).toHaveLength(1)
    expect(stub.received[0]?.headers.authorization).toBe('Bearer secret')
  })

  test('a workspace that one does not belong to is a clear problem', async () => {
    const problem = await problemOf(connect({ workspaceId: 'x' }).catalog())
    expect(problem).toMatchObject({ status: 404, code: 'NotFound' })
    expect(problem.detail).toContain('Anna is not a member')
  })

  test('F005: an answer that does not fit is an HttpProblem with status, code, reason and request id', async () => {
    const parley = connect()
    const { instanceUuid } = await parley.startRun({ workflowId })
    const problem = await problemOf(parley.answer(instanceUuid, { value: 'lots' }))
    expect(problem).toMatchObject({
      status: 422,
      code: 'AnswerRefused',
      requestId: 'req-1',
      message: problem.detail,
    })
    expect(problem.detail).toContain('“lots” is not a number')
    await parley.answer(instanceUuid, { value: '12k' })
    expect(await parley.result(instanceUuid)).toMatchObject({ status: 'completed', progress: 100 })
  })

  test('503 and 429 are tried again after Retry-After, a write under the same Idempotency-Key and body', async () => {
    const parley = connect()
    await parley.place()
    stub.failNext((call) => call.endsWith('/runs'), { status: 503, headers: { 'retry-after': '1' } })
    stub.failNext((call) => call.endsWith('/runs'), { status: 429, headers: { 'retry-after': '0' } })
    const before = Date.now()
    await parley.startRun({ workflowId, input: { customer: 'Northwind' } })
    expect(Date.now() - before).toBeGreaterThanOrEqual(1_000)
    const tries = stub.calls('/runs')
    expect(tries).toHaveLength(3)
    expect(new Set(tries.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    expect(new Set(tries.map(({ body }) => body.toString())).size).toBe(1)
    expect(stub.runs.size).toBe(1)
  })

  test('a connection that is cut is tried again, and given up after a few times', async () => {
    const parley = connect()
    stub.failNext((call) => call === 'GET /api/me', { status: 0 }, 2)
    await expect(parley.me()).resolves.toMatchObject({ userId: 'anna' })
    stub.failNext((call) => call === 'GET /api/me', { status: 0 }, 4)
    const problem = await problemOf(parley.me())
    expect(problem).toMatchObject({ status: 0, code: 'Unreachable', passing: true })
    expect(problem.detail).toContain(stub.url)
    expect(stub.calls('/api/me')).toHaveLength(7)
  })

  test('a server that asks for long patience is not waited for', async () => {
    stub.failNext((call) => call === 'GET /api/me', { status: 503, headers: { 'retry-after': '3600' } })
    const problem = await problemOf(connect().me())
    expect(problem).toMatchObject({ status: 503, retryAfterMs: 3_600_000 })
  })

  test('a fault of the server is not tried again', async () => {
    stub.failNext((call) => call === 'GET /api/me', {
      status: 500,
      code: 'Internal',
      detail: 'A fault of ours.',
    })
    expect(await problemOf(connect().me())).toMatchObject({ status: 500, code: 'Internal' })
    expect(stub.calls('/api/me')).toHaveLength(1)
  })

  test('making an API key is never repeated: its secret is told once', async () => {
    const parley = connect()
    await parley.place()
    stub.failNext((call) => call.endsWith('/api-keys'), { status: 0 })
    await problemOf(parley.addApiKey({ userId: 'ben', name: 'CI', roles: ['member'] }))
    expect(stub.calls('/api-keys')).toHaveLength(1)
    expect(stub.calls('/api-keys')[0]?.headers).not.toHaveProperty('idempotency-key')
  })

  test('F006: a file is uploaded byte by byte, under its name in any script, and downloaded the same', async () => {
    const parley = connect()
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 256))
    const heard: number[] = []
    stub.failNext((call) => call.endsWith('/files'), { status: 503 })
    const stored = await parley.upload(
      { name: 'Øre "ñ" 見積.pdf', bytes },
      { onProgress: (sent, total) => heard.push(sent / total) },
    )
    expect(stored).toMatchObject({ name: 'Øre %22ñ%22 見積.pdf', bytes: bytes.length })
    expect(heard.at(-1)).toBe(1)
    const [first, second] = stub.calls('POST /api/runtime').map(({ body }) => body)
    expect(first?.equals(second as Buffer)).toBe(true)
    const back = Buffer.from(await new Response(await parley.download(stored.fileId)).arrayBuffer())
    expect(back.equals(bytes)).toBe(true)
  })

  test('publishing from a service: the draft is saved over whatever is there, unless an ETag is given', async () => {
    const parley = connect()
    const { workflowId: made } = await parley.createWorkflow({ name: 'Brief', type: 'output_focused' })
    const definition = { name: 'Brief', type: 'output_focused' as const, steps: [] }
    await parley.saveDraft(made, definition)
    await parley.saveDraft(made, definition, { etag: '"3"' })
    await parley.publish(made)
    expect(stub.calls('PUT').map(({ headers }) => headers['if-match'])).toEqual(['*', '"3"'])
    expect(stub.calls(`/workflows/${made}/publish`)).toHaveLength(1)
  })

  test('another server at the address is told from Parley', async () => {
    const other: Server = createServer((_, response) => response.end('<html>Hello'))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    try {
      const baseUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
      expect(await problemOf(connectHttp({ baseUrl }).me())).toMatchObject({ code: 'NotParley' })
    } finally {
      other.closeAllConnections()
      other.close()
    }
  })

  test('an aborted call ends at once with the reason of the abort', async () => {
    const parley = connect()
    await parley.place()
    stub.failNext((call) => call.endsWith('/cancel'), { status: 503, headers: { 'retry-after': '20' } })
    const attempt = parley.cancel('x', { signal: AbortSignal.timeout(100) })
    await expect(attempt).rejects.toThrow(expect.objectContaining({ name: 'TimeoutError' }))
  })
})
