import { HttpProblem, type ParleyHttp } from '../client/http.ts'
import type { Example, ExampleIntegration, ExampleMcpServer } from './example.ts'

type Brings = Pick<Example, 'integration' | 'mcpServer'>

/** Adds the local systems that an example calls, where they are not there yet, and accepts what they offer. */
export async function addSystems(
  parley: ParleyHttp,
  { integration, mcpServer }: Brings,
  systems: string,
): Promise<void> {
  if (integration && !has(await parley.integrations({ limit: 100 }), integration))
    await parley.createIntegration({ ...integration, baseUrl: addressOf(integration, systems) })
  if (!mcpServer || has(await parley.mcpServers({ limit: 100 }), mcpServer)) return
  const url = mcpAddressOf(mcpServer, systems)
  const { mcpServerId } = await parley.createMcpServer({ name: mcpServer.name, url })
  await acceptTools(parley, mcpServerId)
}

const has = ({ items }: { items: { name: string }[] }, { name }: { name: string }): boolean =>
  items.some((one) => one.name === name)

/** The local systems may have another port at each start. One that an admin has led elsewhere, or deleted, stays so. */
export async function pointAt(parley: ParleyHttp, examples: Brings[], systems: string): Promise<void> {
  const ours = examples.flatMap(({ integration = [] }) => integration)
  const { items } = ours.length > 0 ? await parley.integrations({ limit: 100 }) : { items: [] }
  for (const { integrationId, name, baseUrl } of items) {
    const one = ours.find((integration) => integration.name === name)
    if (one && isOurs(baseUrl, `/${name}`) && baseUrl !== addressOf(one, systems))
      await parley.replaceIntegration(integrationId, { ...one, baseUrl: addressOf(one, systems) })
  }
  await pointServersAt(parley, examples, systems)
}

async function pointServersAt(parley: ParleyHttp, examples: Brings[], systems: string): Promise<void> {
  const ours = examples.flatMap(({ mcpServer = [] }) => mcpServer)
  const { items } = ours.length > 0 ? await parley.mcpServers({ limit: 100 }) : { items: [] }
  for (const { mcpServerId, name, url, allowedTools, accepted } of items) {
    const one = ours.find((server) => server.name === name)
    if (!one || !url || !isOurs(url, one.path)) continue
    const address = mcpAddressOf(one, systems)
    if (url !== address) await parley.replaceMcpServer(mcpServerId, { name, url: address, allowedTools })
    else if (accepted) continue
    // At another address tools are accepted anew. Where it does not answer yet, the next start asks again.
    await acceptTools(parley, mcpServerId, allowedTools).catch((problem) => {
      if (!(problem instanceof HttpProblem)) throw problem
    })
  }
}

/** They are the project's own: there is nothing to look at first. */
async function acceptTools(parley: ParleyHttp, mcpServerId: string, allowed?: string[]): Promise<void> {
  const { sha256, items } = await parley.refreshMcpTools(mcpServerId)
  if (sha256 === null) return
  await parley.acceptMcpTools(mcpServerId, {
    sha256,
    allowedTools: allowed ?? items.map(({ name }) => name),
  })
}

const addressOf = ({ name }: Pick<ExampleIntegration, 'name'>, systems: string) => `${systems}/${name}`
const mcpAddressOf = ({ path }: ExampleMcpServer, systems: string) => `${systems}${path}`

const isOurs = (url: string, path: string): boolean =>
  /^http:\/\/127\.0\.0\.1:\d+\//.test(url) && new URL(url).pathname === path
