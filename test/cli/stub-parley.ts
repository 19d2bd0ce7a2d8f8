import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AnswerKind } from '../../shared/contract/answer.ts'
import { readAnswer } from '../../shared/contract/answer.ts'
import { type Story, StubRun } from './stub-run.ts'

export interface Fault {
  status: number
  headers?: Record<string, string>
  code?: string
  detail?: string
}

interface Received {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: Buffer
}

const workspaceId = '11111111-1111-4111-8111-111111111111'
const appId = '22222222-2222-4222-8222-222222222222'
const runtime = `/api/runtime/wks/${workspaceId}/app/${appId}`
const admin = `/api/admin/wks/${workspaceId}/app/${appId}`

export interface StubWorkflow {
  workflowId: string
  name: string
  description?: string
  story: Story
}

/** A server that speaks the contract well enough for its clients, and fails on demand. Its runs follow a story. */
export class StubParley {
  workflows: StubWorkflow[] = []
  readonly runs = new Map<string, StubRun>()
  readonly files = new Map<string, { name: string; bytes: Buffer }>()
  readonly received: Received[] = []
  me = { userId: 'anna', name: 'Anna', roles: ['member', 'approver'] }
  mails: Record<string, unknown>[] = []
  /** What a run does once it is retried. */
  retryStory: Story = async () => {}
  effects: Record<string, unknown>[] = []
  logOf: (asked: URL) => unknown = () => ({})
  exported = ''
  private faults: { matches: (call: string) => boolean; fault: Fault; times: number }[] = []
  private readonly answers = new Map<string, { status: number; body: unknown }>()
  private server: Server | undefined
  private port = 0

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.handle(request, response).catch((error: unknown) => response.destroy(error as Error))
    })
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
    this.port = (server.address() as AddressInfo).port
    this.server = server
  }

  /** Goes away as a killed process does: every connection is cut. */
  async stop(): Promise<void> {
    const server = this.server
    this.server = undefined
    for (const run of this.runs.values()) run.forgetStreams()
    server?.closeAllConnections()
    if (server) await new Promise((resolve) => server.close(resolve))
  }

  /** The next calls that match (`GET /path`) fail so; status 0 cuts the connection. */
  failNext(matches: (call: string) => boolean, fault: Fault, times = 1): void {
    this.faults.push({ matches, fault, times })
  }

  calls(part: string): Received[] {
    return this.received.filter(({ method, path }) => `${method} ${path}`.includes(part))
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const url = new URL(request.url ?? '/', this.url)
    const method = request.method ?? 'GET'
    this.received.push({ method, path: url.pathname, headers: request.headers, body })
    const call = `${method} ${url.pathname}`
    const failing = this.faults.find(({ matches, times }) => times > 0 && matches(call))
    if (failing) {
      failing.times -= 1
      const { status, headers = {}, code = 'Unavailable', detail = 'Not now.' } = failing.fault
      if (status === 0) request.socket.destroy()
      else sendProblem(response, status, code, detail, headers)
      return
    }
    const key = request.headers['idempotency-key']
    const before = typeof key === 'string' ? this.answers.get(`${call} ${key}`) : undefined
    const given = before ?? (await this.answer(method, url, body, request, response))
    if (!given) return
    if (typeof key === 'string') this.answers.set(`${call} ${key}`, given)
    send(response, given.status, given.body)
  }

  private async answer(
    method: string,
    url: URL,
    body: Buffer,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<{ status: number; body: unknown } | undefined> {
    const path = url.pathname
    const json = () => JSON.parse(body.toString('utf8') || '{}') as Record<string, never>
    if (path === '/health/live') return { status: 200, body: { status: 'ok' } }
    if (path === '/health/ready')
      return { status: 200, body: { status: 'ok', database: 'up', temporal: 'up' } }
    if (path === '/openapi.json') return { status: 200, body: { info: { version: '9.9.9' } } }
    if (path === '/api/me')
      return {
        status: 200,
        body: {
          userId: this.me.userId,
          name: this.me.name,
          workspaces: [
            { workspaceId, name: 'Northwind', roles: this.me.roles, apps: [{ appId, name: 'Sales' }] },
          ],
        },
      }
    if (path === `${runtime}/catalog`)
      return page(
        this.workflows.map(({ workflowId, name, description }) => ({
          workflowId,
          name,
          description: description ?? null,
          type: 'output_focused',
          version: 1,
          icon: null,
          category: null,
          input: null,
          welcome: null,
          thinking: null,
          triggers: [],
        })),
      )
    if (path === `${runtime}/workflows/instances`)
      return page([...this.runs.values()].map((run) => run.card()))
    if (path === `${runtime}/mailbox`) return page(this.mails)
    if (path === `${runtime}/approvals`)
      return page(
        [...this.runs.values()].flatMap((run) =>
          run.view().requests.filter(({ kind }) => kind === 'approval'),
        ),
      )
    if (path === `${runtime}/files` && method === 'POST') return this.upload(body)
    if (path.startsWith(`${runtime}/files/`)) {
      const file = this.files.get(path.slice(`${runtime}/files/`.length))
      if (!file) return problem(404, 'NotFound', 'No such file.')
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(file.bytes)
      return undefined
    }
    const start = new RegExp(`^${runtime}/workflows/([^/]+)/runs$`).exec(path)
    if (start && method === 'POST') return this.startRun(start[1] ?? '', json())
    const one = new RegExp(`^${runtime}/workflows/instances/([^/]+)(/[a-z]+)?$`).exec(path)
    if (one) return this.instance(one[1] ?? '', one[2] ?? '', json, request, response)
    if (path.startsWith(admin))
      return {
        status: method === 'POST' ? 201 : 200,
        body: { ...json(), workflowId: randomUUID(), version: 1 },
      }
    return problem(404, 'NotFound', 'No such address.')
  }

  private startRun(workflowId: string, given: { input?: unknown }): { status: number; body: unknown } {
    const workflow = this.workflows.find((one) => one.workflowId === workflowId)
    if (!workflow) return problem(404, 'NotFound', 'No such workflow.')
    const run = new StubRun(
      workflow.workflowId,
      workflow.name,
      { userId: this.me.userId, name: this.me.name },
      given.input,
    )
    this.runs.set(run.instanceUuid, run)
    run.play(workflow.story)
    return {
      status: 202,
      body: { instanceUuid: run.instanceUuid, workflowId, version: 1, status: 'running' },
    }
  }

  private instance(
    id: string,
    what: string,
    json: () => Record<string, never>,
    request: IncomingMessage,
    response: ServerResponse,
  ): { status: number; body: unknown } | undefined {
    const run = this.runs.get(id)
    if (!run) return problem(404, 'NotFound', 'No such run.')
    if (what === '') return { status: 200, body: run.view() }
    if (what === '/stream') {
      run.addStream(response, Number(request.headers['last-event-id'] ?? 0))
      return undefined
    }
    if (what === '/retry') {
      run.retry(this.retryStory)
      return { status: 202, body: { instanceUuid: id, status: 'running' } }
    }
    if (what === '/requests') return page(run.asked())
    if (what === '/log') return { status: 200, body: this.logOf(new URL(request.url ?? '/', this.url)) }
    if (what === '/export') {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end(this.exported)
      return undefined
    }
    if (what === '/rewind') {
      const given = json() as unknown as { requestId: string; value?: unknown }
      const question = run.asked().find(({ requestId }) => requestId === given.requestId)
      const read = readAnswer(given.value, question?.answer as AnswerKind, '2026-11-20T12:00:00.000Z', 'UTC')
      if (!read.ok) return problem(422, 'AnswerRefused', read.reason)
      const started = this.startRun(run.workflowId, {})
      return {
        status: 202,
        body: { ...(started.body as object), rewoundFrom: id, effects: this.effects },
      }
    }
    if (what === '/cancel') {
      if (run.isOver) return problem(409, 'NotRunning', 'The run has ended.')
      run.finish('cancelled')
      return { status: 202, body: { instanceUuid: id, status: 'cancelled' } }
    }
    const given = json() as { requestId?: string; value?: unknown; fileIds?: string[]; decision?: string }
    const open = run.view().requests.filter((one) => !given.requestId || one.requestId === given.requestId)[0]
    if (!open) return problem(409, 'NotOpen', 'Nothing is open that this could answer.')
    if (what === '/decisions') {
      run.reply(open.requestId, { ...given, by: this.me })
      return { status: 200, body: { requestId: open.requestId } }
    }
    const kind = open.answer as AnswerKind
    const files = (given.fileIds ?? []).map((fileId) => ({
      fileId,
      name: this.files.get(fileId)?.name ?? '',
    }))
    const wrong = files.find(
      ({ name }) =>
        kind.type === 'file' && kind.accept && !kind.accept.some((ending) => name.endsWith(ending)),
    )
    if (wrong) return problem(422, 'AnswerRefused', `“${wrong.name}” is not of a type this question takes.`)
    const read =
      kind.type === 'file'
        ? ({ ok: true, value: files } as const)
        : readAnswer(given.value, kind, '2026-11-20T12:00:00.000Z', 'UTC')
    if (!read.ok) return problem(422, 'AnswerRefused', read.reason)
    run.reply(open.requestId, { value: read.value, by: this.me })
    return { status: 200, body: { requestId: open.requestId } }
  }

  private upload(body: Buffer): { status: number; body: unknown } {
    const text = body.toString('latin1')
    const head = text.slice(0, text.indexOf('\r\n\r\n'))
    const name = Buffer.from(/filename="([^"]*)"/.exec(head)?.[1] ?? '', 'latin1').toString('utf8')
    const bytes = body.subarray(text.indexOf('\r\n\r\n') + 4, text.lastIndexOf('\r\n--'))
    const fileId = randomUUID()
    this.files.set(fileId, { name, bytes })
    return {
      status: 201,
      body: { fileId, name, mediaType: 'application/octet-stream', bytes: bytes.length, sha256: 'x' },
    }
  }
}

const page = (items: unknown[]) => ({ status: 200, body: { items, nextCursor: null } })

const problem = (status: number, code: string, detail: string) => ({
  status,
  body: { type: 'about:blank', title: code, status, code, detail, requestId: 'req-1' },
})

function send(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': status >= 400 ? 'application/problem+json' : 'application/json' })
    .end(JSON.stringify(body))
}

function sendProblem(
  response: ServerResponse,
  status: number,
  code: string,
  detail: string,
  headers: Record<string, string>,
): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  send(response, status, problem(status, code, detail).body)
}
