import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { createGuardedFetch } from '../../activities/providers/outbound/guarded-fetch.ts'
import { createTools } from '../../activities/providers/tools/create-tools.ts'
import { createOpenSecrets } from '../../activities/providers/tools/open-secrets.ts'
import { masterKeysOf } from '../../storage/secrets/master-keys.ts'
import { seal } from '../../storage/secrets/seal.ts'
import { startApi, type TestApi } from './api.ts'
import { formsOf } from './canary.ts'
import { sendJson, startWebServer, type WebServer } from './web-server.ts'
import { createWorld, type World } from './world.ts'

export const pin = 'canary-7Hq/2+x: the pin of Ada'
export const token = 'canary-Tk9?&=%z-of-the-session'

/** An API and a worker that keep secrets, and a shop that is sent them, and tells all it was sent in every form there is. */
export interface SafeShop {
  world: World
  api: TestApi
  shop: WebServer
  /** What the shop was really sent. */
  received: string[]
  /** All that the API logged. */
  logged(): string
  close(): Promise<void>
}

/** Calls the shop with the pin; its header has the token. */
export const unlock = (more: object = {}) => ({
  id: 'unlocked',
  type: 'tool',
  integration: 'shop',
  operation: 'unlock',
  arguments: { id: '${input.id}', pin: 'pin ${secure.pin}' },
  ...more,
})

/** `allow` lists other addresses that the worker may call. */
export async function openSafeShop(allow: string[] = []): Promise<SafeShop> {
  const keys = masterKeysOf([randomBytes(32)], tmpdir())
  const received: string[] = []
  let logged = ''
  const shop = await startWebServer((request, response) => {
    const { body } = request
    received.push(`${request.path} ${JSON.stringify(request.headers)} ${body}`)
    const bearer = String(request.headers.authorization ?? '').replace('Bearer ', '')
    const heard = [...formsOf(pin), ...formsOf(bearer)]
    if (request.path.includes('broken')) sendJson(response, { no: heard.join(' | ') }, 422)
    else sendJson(response, { heard, headers: request.headers, body })
  })
  const outbound = createGuardedFetch({ allow: [`127.0.0.1:${shop.port}`, ...allow] })
  const world = await createWorld((deps) => {
    const openSecrets = createOpenSecrets(deps.db, keys)
    return {
      ...deps,
      outbound,
      tools: createTools({ db: deps.db, outbound, openSecrets, operatorServers: {} }),
    }
  })
  const out = new Writable({
    write: (chunk, _, done) => {
      logged += chunk
      done()
    },
  })
  const api = await startApi({
    world,
    over: {
      log: pino({ level: 'trace' }, out),
      seal: async (value, bound) => seal(await keys.toSeal(), value, bound),
    },
  })
  const made = await api.as('admin').post('A/integrations', {
    name: 'shop',
    baseUrl: shop.url,
    headers: { authorization: 'Bearer ${secure.token}' },
    operations: [
      { name: 'unlock', method: 'POST', path: '/{id}', arguments: { properties: { id: {}, pin: {} } } },
      { name: 'look', method: 'GET', path: '/look/{id}', arguments: { properties: { id: {} } } },
    ],
  })
  expect(made.status).toBe(201)
  return {
    world,
    api,
    shop,
    received,
    logged: () => logged,
    close: async () => {
      await api.close()
      await world.close()
      await shop.close()
    },
  }
}
