import type { InstanceCard, ParleyHttp } from '../client/http.ts'
import { isUuid } from '../shared/contract/uuid.ts'
import { UsageError } from './usage-error.ts'

const idPart = /^[0-9a-f-]{2,35}$/i
/** A short id is looked for among this many of the newest runs. */
const mostPages = 10

/** A run's whole id from the beginning of one. @throws UsageError when none or several begin so */
export async function findInstance(given: string, client: ParleyHttp): Promise<string> {
  if (isUuid(given)) return given.toLowerCase()
  if (!idPart.test(given)) throw new UsageError(`“${given}” is not the id of a run: see parley list --runs.`)
  const found: InstanceCard[] = []
  let cursor: string | null | undefined
  for (let page = 0; page < mostPages && cursor !== null; page++) {
    const { items, nextCursor } = await client.instances({ limit: 100, ...(cursor ? { cursor } : {}) })
    found.push(...items.filter(({ instanceUuid }) => instanceUuid.startsWith(given.toLowerCase())))
    cursor = nextCursor
  }
  const [only, ...others] = found
  if (!only) throw new UsageError(`No run begins with ${given}: see parley list --runs.`)
  if (others.length > 0)
    throw new UsageError(
      `${found.length} runs begin with ${given}: ${found.map((one) => `${one.instanceUuid} (${one.workflowName})`).join(', ')}.`,
    )
  return only.instanceUuid
}
