import { randomBytes, randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import type { Deps } from '../../activities/deps.ts'
import { createGuardedFetch } from '../../activities/providers/outbound/guarded-fetch.ts'
import { createTools } from '../../activities/providers/tools/create-tools.ts'
import { createOpenSecrets } from '../../activities/providers/tools/open-secrets.ts'
import { asIntegration } from '../../api/integrations/as-integration.ts'
import { IntegrationFields } from '../../shared/contract/integration.ts'
import { masterKeysOf } from '../../storage/secrets/master-keys.ts'
import { addIntegration } from '../../storage/sql/integrations.ts'
import { type Received, sendJson, startWebServer, type WebServer } from './web-server.ts'
import type { World } from './world.ts'

/** Another system with orders: `getOrder` reads, `refund` changes. */
export interface Shop {
  server: WebServer
  /** What it answers from now on. */
  answer: (request: Received, response: ServerResponse) => void
  /** Puts its tools into a worker's hands. */
  adapt: (deps: Deps) => Deps
  /** Adds it to the world's app, under this name. */
  join(world: World, name?: string): Promise<void>
  /** Answers as at first, and forgets what it was asked. */
  calm(): void
}

const calmly: Shop['answer'] = (request, response) =>
  sendJson(response, request.method === 'GET' ? { status: 'sent' } : { refunded: true })

export async function startShop(): Promise<Shop> {
  const shop = { answer: calmly } as Shop
  shop.server = await startWebServer((request, response) => shop.answer(request, response))
  shop.calm = () => {
    shop.answer = calmly
    shop.server.received.length = 0
  }
  shop.adapt = (deps) => {
    const outbound = createGuardedFetch({ allow: [`127.0.0.1:${shop.server.port}`] })
    const keys = masterKeysOf([randomBytes(32)], tmpdir())
    const openSecrets = createOpenSecrets(deps.db, keys)
    return {
      ...deps,
      outbound,
      tools: createTools({ db: deps.db, outbound, openSecrets, operatorServers: {} }),
    }
  }
  shop.join = async (world, name = 'shop') => {
    const fields = IntegrationFields.parse({
      name,
      baseUrl: shop.server.url,
      operations: [
        {
          name: 'getOrder',
          description: 'Finds an order by its number',
          method: 'GET',
          path: '/orders/{id}',
          arguments: { properties: { id: { type: 'string' } }, required: ['id'] },
        },
        {
          name: 'refund',
          description: 'Pays money back',
          method: 'POST',
          path: '/orders/{id}/refunds',
          arguments: {
            properties: { id: { type: 'string' }, amount: { type: 'number' } },
            required: ['id', 'amount'],
          },
        },
      ],
    })
    const caller = { ...world, userId: 'boss', roles: ['admin' as const] }
    await addIntegration(world.db, caller, randomUUID(), await asIntegration(fields))
  }
  return shop
}
