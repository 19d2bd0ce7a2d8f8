import { setTimeout as pause } from 'node:timers/promises'
import { searchAttributes } from './names.ts'

/** What is needed of a connection; `Connection` and `NativeConnection` both have it. */
interface Services {
  workflowService: {
    describeNamespace(request: {
      namespace: string
    }): Promise<{ config?: { workflowExecutionRetentionTtl?: { seconds?: unknown } | null } | null }>
    registerNamespace(request: {
      namespace: string
      workflowExecutionRetentionPeriod: object
    }): Promise<unknown>
    updateNamespace(request: { namespace: string; config: object }): Promise<unknown>
  }
  operatorService: {
    listSearchAttributes(request: {
      namespace: string
    }): Promise<{ customAttributes?: Record<string, unknown> | null }>
    addSearchAttributes(request: {
      namespace: string
      searchAttributes: Record<string, number>
    }): Promise<unknown>
  }
}

interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

interface Place {
  connection: Services
  namespace: string
  log: Log
}

/** A closed run can be read in Temporal's Web UI this long. A longer time that somebody set stays. */
const retentionSeconds = 30 * 24 * 3_600

/** `temporal.api.enums.v1.IndexedValueType` of the types we use. */
const indexedTypes: Record<string, number> = { KEYWORD: 2, INT: 3, DATETIME: 6 }

/** gRPC status codes. */
const notFound = 5
const awayCodes = new Set([4, 14])

const codeOf = (error: unknown): number | undefined => {
  for (let at = error; at instanceof Error; at = at.cause)
    if ('code' in at && typeof at.code === 'number') return at.code
  return undefined
}

/**
 * Makes sure that a namespace exists, keeps closed runs 30 days and knows our search attributes. A server that refuses
 * (a cloud where operators do this) is logged, and everything goes on. Safe when several processes do it at once.
 * @throws when Temporal cannot be reached
 */
export async function ensureNamespace(place: Place): Promise<void> {
  await unlessRefused(place, 'retention', () => ensureRetention(place))
  await unlessRefused(place, 'search attributes', () => ensureSearchAttributes(place))
}

/** `ensureNamespace`, tried again in the background until Temporal answers. The function it gives stops trying. */
export function keepEnsuringNamespace(place: Place): () => void {
  const stop = new AbortController()
  const attempt = async (wait: number): Promise<void> => {
    try {
      await ensureNamespace(place)
    } catch (error) {
      place.log.warn(
        { error: error instanceof Error ? error.message : String(error) },
        'Temporal is not reachable yet',
      )
      await pause(wait, undefined, { signal: stop.signal, ref: false })
      await attempt(Math.min(wait * 2, 30_000))
    }
  }
  attempt(1_000).catch(() => {})
  return () => stop.abort()
}

async function ensureRetention({ connection, namespace, log }: Place): Promise<void> {
  const { workflowService } = connection
  const seconds = { seconds: retentionSeconds }
  let kept: number
  try {
    const found = await workflowService.describeNamespace({ namespace })
    kept = Number(found.config?.workflowExecutionRetentionTtl?.seconds ?? 0)
  } catch (error) {
    if (codeOf(error) !== notFound) throw error
    await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: seconds })
    log.info({ namespace }, 'made the Temporal namespace')
    return
  }
  if (kept < retentionSeconds)
    await workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: seconds } })
}

async function ensureSearchAttributes({ connection, namespace }: Place): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace })
  const missing = Object.values(searchAttributes).filter(
    ({ name }) => !Object.hasOwn(customAttributes ?? {}, name),
  )
  if (missing.length === 0) return
  const wanted = Object.fromEntries(missing.map(({ name, type }) => [name, indexedTypes[type] as number]))
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: wanted })
}

async function unlessRefused(
  { namespace, log }: Place,
  what: string,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (awayCodes.has(codeOf(error) ?? 0)) throw error
    log.warn(
      { namespace, error: error instanceof Error ? error.message : String(error) },
      `Temporal refused to set the ${what}: an operator has to`,
    )
  }
}
