import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { isFromThisMachine } from '../../api/auth.ts'
import { streamLimits } from '../../api/stream.ts'
import { allRoutes } from '../../shared/contract/api/index.ts'
import type { Route } from '../../shared/contract/api/route.ts'
import { addressOf, scriptRun, scriptSession, startApi, type TestApi, type Who } from '../harness/api.ts'

let api: TestApi
let known: Record<string, string>
/** Things of the foreign workspace, under the names of parameters. */
let foreign: Record<string, string>

beforeAll(async () => {
  api = await startApi()
  const workflowId = await api.publish({ steps: [{ id: 'done', type: 'end' }] })
  const run = await scriptRun(api, 'other')
  const file = await api.as('other').upload('secret.txt', 'the secret of other')
  const key = await api.as('admin').post('A/api-keys', { name: 'K', userId: 'x', roles: ['member'] })
  const crm = { name: 'crm', url: 'https://crm.example.com/mcp' }
  const mcpServer = await api.as('admin').post('A/mcp-servers', crm)
  const daily = { name: 'Daily', cron: '0 8 * * *' }
  const schedule = await api.as('admin').post(`A/workflows/${workflowId}/schedules`, daily)
  const crmSecret = { name: 'crmKey', value: 'correct horse', hosts: ['crm.example.com'] }
  const secret = await api.as('admin').post('A/secrets', crmSecret)
  const shop = {
    name: 'shop',
    baseUrl: 'https://shop.example.com',
    operations: [{ name: 'list', method: 'GET', path: '/orders' }],
  }
  const integration = await api.as('admin').post('A/integrations', shop)
  const uiFlow = await api.as('admin').post('A/ui-flows', { name: 'Shop' })
  const team = await api.as('admin').post('A/teams', { name: 'support' })
  const monthly = { per: 'workspace', period: 'month', tokens: 1_000 }
  const budget = await api.as('admin').post('A/budgets', monthly)
  const base = await api.as('admin').post('A/knowledge-bases', { name: 'faq' })
  const document = await api
    .as('admin')
    .post(`A/knowledge-bases/${base.body.knowledgeBaseId}/documents`, { url: 'https://example.com/faq' })
  const session = await scriptSession(api, 'other')
  known = {
    chatSessionId: session.chatSessionId,
    messageId: randomUUID(),
    workspaceId: api.workspaceId,
    appId: api.appId,
    workflowId,
    instanceUuid: run.ref.instanceUuid,
    fileId: file.body.fileId,
    stepId: 'done',
    version: '1',
    userId: 'other',
    apiKeyId: key.body.apiKeyId,
    scheduleId: schedule.body.scheduleId,
    mcpServerId: mcpServer.body.mcpServerId,
    secretId: secret.body.secretId,
    integrationId: integration.body.integrationId,
    uiFlowId: uiFlow.body.uiFlowId,
    teamId: team.body.teamId,
    requestId: randomUUID(),
    budgetId: budget.body.budgetId,
    knowledgeBaseId: base.body.knowledgeBaseId,
    documentId: document.body.documentId,
    id: randomUUID(),
  }
  const there = { ...api.foreign }
  const send = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(addressOf(api.url, there, path), {
      method,
      headers: { authorization: `Bearer ${api.keys.foreigner}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return (await response.json()) as Record<string, string>
  }
  const made = await send('POST', 'A/workflows', { name: 'Foreign', type: 'output_focused' })
  await send('PUT', `A/workflows/${made.workflowId}/draft`, {
    name: 'Foreign',
    type: 'output_focused',
    steps: [{ id: 'done', type: 'end' }],
  })
  await send('POST', `A/workflows/${made.workflowId}/publish`)
  const foreignMcpServer = await send('POST', 'A/mcp-servers', crm)
  const foreignSecret = await send('POST', 'A/secrets', crmSecret)
  const foreignIntegration = await send('POST', 'A/integrations', shop)
  const foreignUiFlow = await send('POST', 'A/ui-flows', { name: 'Theirs' })
  const foreignTeam = await send('POST', 'A/teams', { name: 'support' })
  const foreignBudget = await send('POST', 'A/budgets', monthly)
  const foreignBase = await send('POST', 'A/knowledge-bases', { name: 'faq' })
  const foreignDocument = await send('POST', `A/knowledge-bases/${foreignBase.knowledgeBaseId}/documents`, {
    url: 'https://example.com/faq',
    name: 'Foreign',
  })
  const foreignSchedule = await send('POST', `A/workflows/${made.workflowId}/schedules`, daily)
  const foreignKey = await send('POST', 'A/api-keys', { name: 'K', userId: 'x', roles: ['member'] })
  const foreignRun = await scriptRun(api, 'foreigner', there)
  const form = new FormData()
  form.append('file', new Blob(['foreign']), 'foreign.txt')
  const foreignFile = await fetch(addressOf(api.url, there, 'R/files'), {
    method: 'POST',
    body: form,
    headers: { authorization: `Bearer ${api.keys.foreigner}` },
  })
  const { fileId } = (await foreignFile.json()) as { fileId: string }
  const foreignSession = await scriptSession(api, 'foreigner', there)
  foreign = {
    ...there,
    chatSessionId: foreignSession.chatSessionId,
    messageId: randomUUID(),
    workflowId: made.workflowId as string,
    instanceUuid: foreignRun.ref.instanceUuid,
    fileId,
    apiKeyId: foreignKey.apiKeyId as string,
    scheduleId: foreignSchedule.scheduleId as string,
    mcpServerId: foreignMcpServer.mcpServerId as string,
    secretId: foreignSecret.secretId as string,
    integrationId: foreignIntegration.integrationId as string,
    uiFlowId: foreignUiFlow.uiFlowId as string,
    teamId: foreignTeam.teamId as string,
    requestId: await foreignRun.ask({ kind: 'handoff', approvers: { team: 'support' } }),
    budgetId: foreignBudget.budgetId as string,
    knowledgeBaseId: foreignBase.knowledgeBaseId as string,
    documentId: foreignDocument.documentId as string,
    userId: 'foreigner',
  }
})
afterAll(() => api.close())

const pathOf = (route: Route, over: Record<string, string> = {}) =>
  route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(over[name] ?? known[name] ?? 'x'),
  )

async function send(route: Route, path: string, key: string | undefined) {
  const stop = new AbortController()
  const response = await fetch(`${api.url}${path}`, {
    method: route.method.toUpperCase(),
    signal: stop.signal,
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : { 'x-forwarded-for': '10.0.0.1' }),
      ...(route.body ? { 'content-type': 'application/json' } : {}),
    },
    ...(route.body ? { body: '{}' } : {}),
  })
  const isOpen = response.headers.get('content-type')?.startsWith('text/event-stream')
  const text = isOpen ? '' : await response.text()
  stop.abort()
  return { status: response.status, text, headers: response.headers }
}

const inScope = allRoutes.filter((route) => route.path.includes('{workspaceId}'))
const named = (routes: Route[]) => routes.map((route) => [route.name, route] as const)

test.each(named(allRoutes.filter((route) => route.access !== 'public')))(
  'without an identity it is a 401 with WWW-Authenticate: %s',
  async (_, route) => {
    for (const key of [undefined, 'pk_nobody_nobody_nobody_nobody', 'nonsense', '']) {
      const { status, headers } = await send(route, pathOf(route), key === '' ? undefined : key)
      expect([route.name, key, status]).toEqual([route.name, key, 401])
      expect(headers.get('www-authenticate')).toBe('Bearer')
    }
  },
)

test.each(named(inScope))('roles: %s', async (_, route) => {
  const access = route.access as readonly string[]
  for (const who of ['builder', 'approver', 'member', 'service'] satisfies Who[]) {
    const isMeant = access.includes(who)
    // A deletion that is allowed would take away what the next test needs: only refusals are tried.
    if (isMeant && route.method === 'delete') continue
    const { status } = await send(route, pathOf(route), api.keys[who])
    if (isMeant) expect([route.name, who, status]).not.toEqual([route.name, who, 401])
    else expect([route.name, who, status]).toEqual([route.name, who, 403])
  }
})

test.each(named(inScope))('a foreign workspace or app is a 404 for every role: %s', async (_, route) => {
  for (const who of ['admin', 'builder', 'approver', 'member', 'service'] satisfies Who[])
    for (const over of [
      { workspaceId: api.foreign.workspaceId, appId: api.foreign.appId },
      { workspaceId: api.foreign.workspaceId },
      { appId: api.foreign.appId },
      { workspaceId: randomUUID() },
      { appId: randomUUID() },
    ] as Record<string, string>[]) {
      const { status, text } = await send(route, pathOf(route, over), api.keys[who])
      expect([route.name, who, over, status, JSON.parse(text).code]).toEqual([
        route.name,
        who,
        over,
        404,
        'NotFound',
      ])
    }
})

test.each(named(inScope))(
  'things of a foreign workspace are unknown, also to admins: %s',
  async (_, route) => {
    for (const [, name] of route.path.matchAll(/\{(\w+)\}/g)) {
      if (['workspaceId', 'appId', 'stepId', 'version', 'id'].includes(name as string)) continue
      const { status, text } = await send(
        route,
        pathOf(route, { [name as string]: foreign[name as string] as string }),
        api.keys.admin,
      )
      const isParsedFirst = status === 422
      if (!isParsedFirst)
        expect([route.name, name, status, JSON.parse(text).code]).toEqual([route.name, name, 404, 'NotFound'])
      expect(text).not.toContain('Foreign')
    }
  },
)

test('members cannot see, stream, read the log of, answer or cancel a run of others; admins can', async () => {
  const at = `R/workflows/instances/${known.instanceUuid}`
  const run = api.as('member')
  for (const path of [at, `${at}/log`, `${at}/stream`]) expect((await run.get(path)).status).toBe(404)
  expect((await run.post(`${at}/answers`, { value: 'x' })).status).toBe(404)
  expect((await run.post(`${at}/cancel`)).status).toBe(404)
  const seen = (await run.get('R/workflows/instances')).body.items
  expect(
    seen.every(({ startedBy }: { startedBy: { userId: string } }) => startedBy.userId === 'member'),
  ).toBe(true)
  expect((await api.as('other').get(at)).status).toBe(200)
  expect((await api.as('admin').get(at)).status).toBe(200)
  const all = (await api.as('admin').get('R/workflows/instances')).body.items
  expect(all.map(({ instanceUuid }: { instanceUuid: string }) => instanceUuid)).toContain(known.instanceUuid)
})

test('an approver who is named on a request may read that run, and no other', async () => {
  const run = await scriptRun(api, 'other')
  const at = `R/workflows/instances/${run.ref.instanceUuid}`
  expect((await api.as('approver').get(at)).status).toBe(404)
  await run.ask({ kind: 'approval', approvers: { role: 'approver' }, artifact: { text: 'x', sha256: 'x' } })
  expect((await api.as('approver').get(at)).status).toBe(200)
  expect((await api.as('approver').post(`${at}/answers`, { value: 'x' })).status).toBe(403)
  expect((await api.as('approver').post(`${at}/cancel`)).status).toBe(403)
  expect((await api.as('member').get(at)).status).toBe(404)
  expect((await api.as('approver').get(`R/workflows/instances/${known.instanceUuid}`)).status).toBe(404)
})

test('a key is withdrawn at once, and works in its workspace only', async () => {
  const { body } = await api.as('admin').post('A/api-keys', { name: 'CI', userId: 'bot', roles: ['service'] })
  const ask = (path: string) =>
    fetch(addressOf(api.url, api, path), { headers: { authorization: `Bearer ${body.secret}` } })
  expect((await ask('R/catalog')).status).toBe(200)
  expect((await ask('/api/me').then((response) => response.json())) as object).toMatchObject({
    userId: 'bot',
    workspaces: [{ workspaceId: api.workspaceId, roles: ['service'], apps: [{ appId: api.appId }] }],
  })
  expect((await api.as('admin').delete(`A/api-keys/${body.apiKeyId}`)).status).toBe(204)
  expect((await ask('R/catalog')).status).toBe(401)
})

test('a stream ends when the roles of its reader change', async () => {
  const { beat } = streamLimits
  streamLimits.beat = 50
  const admin = api.as('admin')
  await admin.post('A/members', { userId: 'max', name: 'Max', roles: ['admin', 'member'] })
  const { body } = await admin.post('A/api-keys', { name: 'K', userId: 'max', roles: ['admin', 'member'] })
  const headers = { authorization: `Bearer ${body.secret}` }
  const stream = await fetch(addressOf(api.url, api, 'R/stream'), { headers })
  const ended = stream.text().catch(() => 'cut')
  await admin.put('A/members/max', { name: 'Max', roles: ['member'] })
  expect(await ended).toBe('cut')
  streamLimits.beat = beat
})

describe('the local admin needs no login', () => {
  const plain = (headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const { hostname, port } = new URL(api.url)
      const sent = request({ hostname, port, path: '/api/me', headers }, (response: IncomingMessage) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      sent.on('error', reject)
      sent.end()
    })

  test('from this very machine', async () => {
    expect(await plain({})).toBe(200)
    expect(await plain({ host: 'localhost:3000' })).toBe(200)
    expect(await plain({ host: '[::1]:3000' })).toBe(200)
    expect(
      await plain({
        host: 'localhost:3000',
        origin: 'http://localhost:3000',
        'sec-fetch-site': 'same-origin',
      }),
    ).toBe(200)
  })

  test('but not for a web page, another name of this machine, or through a proxy', async () => {
    for (const headers of [
      { host: 'evil.example' },
      { host: 'localhost.evil.example:3000' },
      { host: '127.0.0.1.nip.io' },
      { host: 'localhost:3000', origin: 'https://evil.example' },
      { host: 'localhost:3000', origin: 'http://localhost:9999' },
      { host: 'localhost:3000', origin: 'https://localhost:3000' },
      { host: 'localhost:3000', origin: 'null' },
      { host: 'localhost:3000', 'sec-fetch-site': 'cross-site' },
      { host: 'localhost:3000', 'sec-fetch-site': 'same-site' },
      { 'x-forwarded-for': '127.0.0.1' },
      { 'x-forwarded-host': 'localhost' },
      { 'x-forwarded-proto': 'https' },
      { forwarded: 'for=127.0.0.1' },
      { 'x-real-ip': '127.0.0.1' },
      { via: '1.1 proxy' },
    ] as Record<string, string>[])
      expect([headers, await plain(headers)]).toEqual([headers, 401])
  })

  test('but not from another machine', () => {
    const from = (remoteAddress: string) =>
      isFromThisMachine({ socket: { remoteAddress }, headers: { host: 'localhost' } } as never)
    expect([from('127.0.0.1'), from('127.8.8.8'), from('::1'), from('::ffff:127.0.0.1')]).toEqual([
      true,
      true,
      true,
      true,
    ])
    expect([
      from('10.0.0.1'),
      from('::ffff:10.0.0.1'),
      from('128.0.0.1'),
      from('127.0.0.1.1'),
      from(''),
    ]).toEqual([false, false, false, false, false])
  })

  test('but not with a key that is wrong', async () => {
    expect(await plain({ authorization: 'Bearer pk_wrong_wrong_wrong_wrong' })).toBe(401)
    expect(await plain({ authorization: 'Basic x' })).toBe(401)
  })

  test('and nowhere once the API has a public address', async () => {
    const open = await startApi({ over: { localAdmin: false } })
    expect((await fetch(`${open.url}/api/me`)).status).toBe(401)
    await open.close()
  })
})
