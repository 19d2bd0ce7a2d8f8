import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../api/app.ts'
import { hashSecret } from '../../api/auth.ts'
import { type Deps, type Engine, engineOver } from '../../api/deps.ts'
import { createLiveHub } from '../../api/live-hub.ts'
import { endStreams } from '../../api/stream.ts'
import { embedded } from '../../shared/contract/api/embedded.ts'
import { allRoutes } from '../../shared/contract/api/index.ts'
import { defaultBrand } from '../../shared/contract/brand.ts'
import type { JournalEvent } from '../../shared/contract/journal.ts'
import type { Role } from '../../shared/contract/person.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import type { RunRef } from '../../shared/contract/run-ref.ts'
import { defaultSettings } from '../../shared/contract/settings.ts'
import { createLog } from '../../shared/log.ts'
import { runWorkflowId, sessionWorkflowId } from '../../shared/temporal/names.ts'
import { openFolderAssets } from '../../storage/assets/assets.ts'
import { openLive } from '../../storage/live/live.ts'
import { readFileText } from '../../storage/read-file-text.ts'
import { markBody } from '../../storage/secrets/mark-body.ts'
import { masterKeysOf } from '../../storage/secrets/master-keys.ts'
import { seal } from '../../storage/secrets/seal.ts'
import { addApiKey } from '../../storage/sql/api-keys.ts'
import { type Database, openDatabase } from '../../storage/sql/database.ts'
import { ensureWorkspace } from '../../storage/sql/ensure-workspace.ts'
import * as table from '../../storage/sql/schema.ts'
import { waitForClose } from '../../storage/sql/wait-for-close.ts'
import { writeEntries } from '../../storage/sql/write-journal.ts'
import { writeSession } from '../../storage/sql/write-session.ts'
import { ground } from './ground.ts'
import { until } from './until.ts'
import type { World } from './world.ts'

/** The people of the tests: one for each role, a second member, and the admin of another workspace. */
const people = {
  admin: ['admin'],
  builder: ['builder'],
  approver: ['approver'],
  member: ['member'],
  other: ['member'],
  service: ['service'],
  foreigner: ['admin'],
} satisfies Record<string, Role[]>
export type Who = keyof typeof people

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  body: any
}

/** Requests as one person, with the key of that person. Paths begin at `R/` or `A/`, or at the root. */
export interface As {
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  put(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  delete(path: string): Promise<Answer>
  upload(name: string, content: string | Uint8Array, headers?: Record<string, string>): Promise<Answer>
  send(path: string, init: RequestInit): Promise<Response>
  stream(path: string, headers?: Record<string, string>): Promise<Events>
}

export interface TestApi {
  url: string
  db: Database
  deps: Deps
  workspaceId: string
  appId: string
  foreign: { workspaceId: string; appId: string }
  keys: Record<Who, string>
  as(who: Who): As
  /** Makes and publishes a workflow; gives its id. */
  publish(definition: Record<string, unknown>): Promise<string>
  close(): Promise<void>
}

/** An engine that takes everything and does nothing, for tests of what the API itself does. */
export function silentEngine(
  over: Partial<Engine> = {},
): Engine & { calls: [name: string, ...args: unknown[]][] } {
  const calls: [string, ...unknown[]][] = []
  const note =
    <Result>(name: string, result: (...args: never[]) => Result) =>
    async (...args: unknown[]): Promise<Awaited<Result>> => {
      calls.push([name, ...args])
      return (await result(...(args as never[]))) as Awaited<Result>
    }
  const requestId = (_: string, given: { requestId?: string }) => ({
    requestId: given.requestId ?? randomUUID(),
  })
  return {
    calls,
    startRun: note('startRun', ({ instanceUuid }: { instanceUuid: string }) => ({ instanceUuid })),
    answer: note('answer', requestId),
    decide: note('decide', requestId),
    cancel: note('cancel', () => undefined),
    sendMessage: note('sendMessage', (_: unknown, { messageId = randomUUID() }: { messageId?: string }) => ({
      instanceUuid: randomUUID(),
      messageId,
      status: 'running',
    })),
    removeMessage: note('removeMessage', () => undefined),
    cancelTurn: note('cancelTurn', (_: string, instanceUuid: string) => ({ instanceUuid })),
    endSession: note('endSession', () => undefined),
    answerInSession: note('answerInSession', requestId),
    decideInSession: note('decideInSession', requestId),
    takeHandoff: note('takeHandoff', requestId),
    sayInHandoff: note('sayInHandoff', (_: string, { messageId }: { messageId: string }) => ({ messageId })),
    returnHandoff: note('returnHandoff', requestId),
    terminate: note('terminate', () => undefined),
    putSchedule: note('putSchedule', () => undefined),
    removeSchedule: note('removeSchedule', () => undefined),
    describeSchedule: note('describeSchedule', () => undefined),
    startIngest: note('startIngest', () => undefined),
    startListTools: note('startListTools', () => ({ done: async () => {} })),
    ...over,
  } as Engine & { calls: [string, ...unknown[]][] }
}

interface Options {
  world?: World
  engine?: Engine
  over?: Partial<Deps>
  /** A database that the test brings. */
  databaseUrl?: string
  redisUrl?: string
}

/** The API on a free port, over a database of its own with a scripted engine, or over a world with a worker. */
export async function startApi({
  world,
  engine,
  over,
  databaseUrl: given,
  redisUrl,
}: Options = {}): Promise<TestApi> {
  const place = world || given ? undefined : await ground()
  const folder = await mkdtemp(join(tmpdir(), 'parley-api-'))
  const databaseUrl = given ?? place?.databaseUrl ?? String(world?.db.$client.options.connectionString)
  const db = openDatabase(databaseUrl)
  const log = createLog('test', process.env.LOG_LEVEL ?? 'silent')
  const live = createLiveHub(db, log)
  const channel = openLive({ db, databaseUrl, redisUrl })
  await channel.listen(live.take, live.catchUp)
  const assets = world?.deps.assets ?? (await openFolderAssets(join(folder, 'assets')))
  const chosen = engine ?? silentEngine()
  const keysToSeal = masterKeysOf([], folder)
  const deps: Deps = {
    db,
    assets,
    live,
    log,
    engine: world && !engine ? engineOver(world.client) : () => chosen,
    engineIsUp: async () => true,
    liveIsUp: channel.isUp,
    readFileText: (workspaceId, fileId) => readFileText({ db, assets }, workspaceId, fileId),
    settled: world
      ? (workspaceId, requestId) => waitForClose(db, workspaceId, requestId, 1_000)
      : async () => {},
    seal: async (value, bound) => seal(await keysToSeal.toSeal(), value, bound),
    markBody: (sha256) => markBody(keysToSeal, sha256),
    providers: { search: false, images: false },
    localAdmin: true,
    outboundAllow: [],
    temporalUi: { url: 'http://127.0.0.1:8233', namespace: 'default' },
    ...over,
  }
  const server = createServer(createApp(deps))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  await ensureWorkspace(db)
  const here = {
    workspaceId: world?.workspaceId ?? embedded.workspaceId,
    appId: world?.appId ?? embedded.appId,
  }
  const foreign = { workspaceId: randomUUID(), appId: randomUUID() }
  await db.insert(table.workspaces).values({
    workspaceId: foreign.workspaceId,
    name: 'Foreign',
    brand: defaultBrand,
    settings: defaultSettings,
  })
  await db.insert(table.apps).values({ ...foreign, name: 'Foreign' })
  const keys = {} as Record<Who, string>
  for (const who of Object.keys(people) as Who[]) {
    keys[who] = `pk_${who}_${randomUUID()}`
    const { workspaceId } = who === 'foreigner' ? foreign : here
    const fields = { userId: who, name: who, roles: people[who] as Role[] }
    await db
      .insert(table.members)
      .values({ workspaceId, ...fields })
      .onConflictDoNothing()
    await addApiKey(
      db,
      { workspaceId, userId: 'test' },
      { ...fields, apiKeyId: randomUUID(), prefix: 'pk_test', sha256: hashSecret(keys[who]) },
    )
  }

  const as = (who: Who): As => clientFor(url, here, keys[who])
  return {
    url,
    db,
    deps,
    ...here,
    foreign,
    keys,
    as,
    publish: async (definition) => {
      const { name = 'Test', type = 'output_focused' } = definition
      const { body } = await as('admin').post('A/workflows', { name, type })
      const saved = await as('admin').put(`A/workflows/${body.workflowId}/draft`, {
        name,
        type,
        ...definition,
      })
      if (saved.status !== 200) throw new Error(JSON.stringify(saved.body))
      const published = await as('admin').post(`A/workflows/${body.workflowId}/publish`)
      if (published.status !== 200) throw new Error(JSON.stringify(published.body))
      return body.workflowId
    },
    close: async () => {
      endStreams(0)
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
      await channel.close()
      await db.$client.end()
      await place?.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The address that `R/…` and `A/…` stand for. */
export const addressOf = (
  url: string,
  { workspaceId, appId }: { workspaceId: string; appId: string },
  path: string,
): string =>
  url +
  path
    .replace(/^R(?=\/)/, `/api/runtime/wks/${workspaceId}/app/${appId}`)
    .replace(/^A(?=\/)/, `/api/admin/wks/${workspaceId}/app/${appId}`)

function clientFor(url: string, place: { workspaceId: string; appId: string }, key: string): As {
  const send = (path: string, init: RequestInit) =>
    fetch(addressOf(url, place, path), {
      redirect: 'manual',
      ...init,
      headers: { authorization: `Bearer ${key}`, ...init.headers },
    })
  const json = async (
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await send(path, {
      method,
      ...(body === undefined
        ? { headers }
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }),
    })
    const answer = await readAnswer(response)
    checkReply(method, new URL(response.url).pathname, answer)
    return answer
  }
  return {
    send,
    get: (path, headers) => json('GET', path, undefined, headers),
    post: (path, body, headers) => json('POST', path, body, headers),
    put: (path, body, headers) => json('PUT', path, body, headers),
    delete: (path) => json('DELETE', path, undefined),
    upload: async (name, content, headers = {}) => {
      const form = new FormData()
      form.append('file', new Blob([content as string]), name)
      return readAnswer(await send('R/files', { method: 'POST', body: form, headers }))
    },
    stream: async (path, headers = {}) => openEvents((init) => send(path, init), headers),
  }
}

/** Every good reply of every test is what its contract says. */
function checkReply(method: string, path: string, { status, body }: Answer): void {
  const route = allRoutes.find(
    (one) =>
      one.method === method.toLowerCase() &&
      one.reply.status === status &&
      new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
  )
  const parsed = route?.reply.body?.safeParse(body)
  if (parsed && !parsed.success)
    throw new Error(`${method} ${path} gave what its contract does not say: ${parsed.error}`)
}

export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : text,
  }
}

export interface ServerEvent {
  id?: number
  event: string
  // biome-ignore lint/suspicious/noExplicitAny: events of every shape
  data: any
}

/** An open event stream, with what came so far. */
export interface Events {
  status: number
  headers: Headers
  seen: ServerEvent[]
  raw(): string
  /** Waits for an event that fits. */
  next(what: string, fits: (event: ServerEvent) => boolean): Promise<ServerEvent>
  /** Resolves when the server ends the stream. */
  ended: Promise<void>
  drop(): void
}

async function openEvents(
  send: (init: RequestInit) => Promise<Response>,
  headers: Record<string, string>,
): Promise<Events> {
  const stop = new AbortController()
  const response = await send({ headers, signal: stop.signal })
  const seen: ServerEvent[] = []
  let raw = ''
  let rest = ''
  const read = async () => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      const text = decoder.decode(chunk as Uint8Array, { stream: true })
      raw += text
      const blocks = (rest + text).split('\n\n')
      rest = blocks.pop() as string
      for (const block of blocks) {
        const fields = Object.fromEntries(
          block
            .split('\n')
            .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
        )
        if (fields.event)
          seen.push({
            ...(fields.id ? { id: Number(fields.id) } : {}),
            event: fields.event,
            data: JSON.parse(fields.data as string),
          })
      }
    }
  }
  const ended = read().catch(() => {})
  return {
    status: response.status,
    headers: response.headers,
    seen,
    raw: () => raw,
    ended,
    next: (what, fits) => until(`the event ${what}`, () => seen.find(fits)),
    drop: () => stop.abort(),
  }
}

/** A run as the workflow would have written it, without one: its row, and a way to write on its journal. */
export interface ScriptedRun {
  ref: RunRef
  tell(...events: (JournalEvent & { key?: string; at?: string })[]): Promise<void>
  /** Opens a request and gives its id. */
  ask(request: Partial<OpenRequest>): Promise<string>
}

export async function scriptRun(
  api: TestApi,
  startedBy: Who | undefined = 'member',
  over: Partial<RunRef> = {},
  startedAt = new Date(),
): Promise<ScriptedRun> {
  const instanceUuid = randomUUID()
  const ref: RunRef = {
    workspaceId: api.workspaceId,
    appId: api.appId,
    workflowId: randomUUID(),
    version: 1,
    workflowName: 'Scripted',
    instanceUuid,
    kind: 'run',
    temporalWorkflowId: runWorkflowId(api.workspaceId, instanceUuid),
    temporalRunId: randomUUID(),
    ...(startedBy ? { startedBy: { userId: startedBy, name: startedBy, roles: people[startedBy] } } : {}),
    ...over,
  }
  const tell: ScriptedRun['tell'] = (...events) =>
    writeEntries(
      api.db,
      ref,
      events.map((event) => ({ key: randomUUID(), at: new Date().toISOString(), ...event })),
    )
  await tell({
    event: 'instanceStarted',
    title: ref.workflowName,
    status: 'running',
    at: startedAt.toISOString(),
  })
  return {
    ref,
    tell,
    ask: async (request) => {
      const requestId = request.requestId ?? randomUUID()
      const { instanceUuid: _, ...fields } = { instanceUuid, ...request }
      await tell({
        event: 'requestOpened',
        kind: 'answer',
        stepId: 'topic',
        path: 'topic',
        question: 'What is it about?',
        openedAt: new Date().toISOString(),
        ...fields,
        requestId,
      })
      return requestId
    },
  }
}

/** A conversation as its workflow would have begun it, without one. */
export async function scriptSession(
  api: TestApi,
  startedBy: Who,
  place: { workspaceId: string; appId: string } = api,
): Promise<{ chatSessionId: string }> {
  const chatSessionId = randomUUID()
  const { workspaceId, appId } = place
  const ref = {
    workspaceId,
    appId,
    workflowId: randomUUID(),
    version: 1,
    workflowName: 'Scripted',
    temporalWorkflowId: sessionWorkflowId(workspaceId, chatSessionId),
    temporalRunId: randomUUID(),
    startedBy: { userId: startedBy, name: startedBy, roles: people[startedBy] },
  }
  const at = new Date().toISOString()
  await writeSession(api.db, ref, chatSessionId, [
    { event: 'sessionStarted', key: `started:${ref.temporalRunId}`, at, variables: {} },
  ])
  return { chatSessionId }
}
