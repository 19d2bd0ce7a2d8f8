import { allRoutes } from '../../shared/contract/api/index.ts'
import { errors } from '../../shared/contract/errors.ts'
import { startApi, type TestApi } from '../harness/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.close())

const page = async (path: string) => {
  const response = await fetch(`${api.url}${path}`, { redirect: 'manual' })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

test('the OpenAPI document describes every bound route, and nothing else', async () => {
  const { text, headers } = await page('/openapi.json')
  expect(headers.get('content-type')).toContain('application/json')
  const document = JSON.parse(text)
  expect(document.openapi).toBe('3.1.0')
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method} ${path}`),
  )
  expect(described.sort()).toEqual(allRoutes.map(({ method, path }) => `${method} ${path}`).sort())
  for (const route of allRoutes) {
    const operation = document.paths[route.path][route.method]
    expect(operation).toMatchObject({
      operationId: route.name,
      summary: expect.any(String),
      responses: { [route.reply.status]: expect.any(Object) },
    })
    if (route.idempotent)
      expect(operation.parameters.some(({ name }: { name: string }) => name === 'Idempotency-Key')).toBe(true)
  }
  const refs = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name)
  for (const name of refs) expect(document.components.schemas).toHaveProperty(name as string)
  for (const code of Object.keys(errors)) expect(document.info.description).toContain(`\`${code}\``)
})

test('the pages load everything from here', async () => {
  expect((await page('/')).headers.get('location')).toBe('/docs')
  const { text, headers } = await page('/docs')
  expect(text).not.toMatch(/https?:\/\//)
  expect(headers.get('content-security-policy')).toContain("default-src 'self'")
  for (const [, source] of text.matchAll(/src="([^"]+)"/g)) {
    const script = await page(source as string)
    expect([source, script.status, script.headers.get('content-type')]).toEqual([
      source,
      200,
      expect.stringContaining('javascript'),
    ])
  }
  const codes = (await page('/docs/errors')).text
  for (const code of Object.keys(errors)) expect(codes).toContain(`id="${code}"`)
})

test('health says whether the process lives, and whether it can serve', async () => {
  expect(await page('/health/live')).toMatchObject({ status: 200, text: '{"status":"ok"}' })
  expect(await page('/health/ready')).toMatchObject({
    status: 200,
    text: '{"status":"ok","database":"up","temporal":"up","live":"up"}',
  })
  const away = await startApi({ over: { engineIsUp: async () => false } })
  const response = await fetch(`${away.url}/health/ready`)
  expect([response.status, await response.json()]).toEqual([
    200,
    { status: 'degraded', database: 'up', temporal: 'down', live: 'up' },
  ])
  await away.close()
})

test('every answer has a request id; one that is given is kept when it is decent', async () => {
  const ask = async (id: string) =>
    (await fetch(`${api.url}/health/live`, { headers: { 'x-request-id': id } })).headers.get('x-request-id')
  expect(await ask('abc-1')).toBe('abc-1')
  expect(await ask('<script>')).toMatch(/^[0-9a-f-]{36}$/)
})
