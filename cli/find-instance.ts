import type { InstanceCard, ParleyHttp } from '../client/http.ts'
import { InstanceKind } from '../shared/contract/run-ref.ts'
import { isUuid } from '../shared/contract/uuid.ts'
import { UsageError } from './usage-error.ts'

const idPart = /^[0-9a-f-]{2,35}$/i
/** A short id is looked for among this many of the newest of a kind. */
const mostPages = 10

/**
 * The whole id of a run, or of a turn of a conversation, from the beginning of one. Where a run begins so, it is meant; then
 * a turn, and so on.
 * @throws UsageError when none or several begin so
 */
export async function findInstance(given: string, client: ParleyHttp): Promise<string> {
  if (isUuid(given)) return given.toLowerCase()
  if (!idPart.test(given)) throw new UsageError(`“${given}” is not the id of a run: see parley list --runs.`)
  for (const kind of InstanceKind.options) {
    const [only, ...others] = await beginningWith(given.toLowerCase(), kind, client)
    if (!only) continue
    if (others.length === 0) return only.instanceUuid
    const found = [only, ...others].map((one) => `${one.instanceUuid} (${one.workflowName})`)
    throw new UsageError(`${found.length} begin with ${given}: ${found.join(', ')}. Give more of the id.`)
  }
  throw new UsageError(`No run and no turn of a conversation begins with ${given}: see parley list --runs.`)
}

async function beginningWith(given: string, kind: InstanceKind, client: ParleyHttp): Promise<InstanceCard[]> {
  const found: InstanceCard[] = []
  let cursor: string | null | undefined
  for (let page = 0; page < mostPages && cursor !== null; page++) {
    const { items, nextCursor } = await client.instances({ kind, limit: 100, ...(cursor ? { cursor } : {}) })
    found.push(...items.filter(({ instanceUuid }) => instanceUuid.startsWith(given)))
    cursor = nextCursor
  }
  return found
}
