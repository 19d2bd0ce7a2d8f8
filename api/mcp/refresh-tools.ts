import { setTimeout as pause } from 'node:timers/promises'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { errors, Refusal } from '../../shared/contract/errors.ts'
import { kindOf } from '../../shared/temporal/failure.ts'
import type { Deps } from '../deps.ts'

/** Milliseconds: a server that is slow, asked twice, has answered by then. */
export const refreshLimits = { wait: 45_000 }

/**
 * Has a worker ask an MCP server for its tools, and waits for it.
 * @throws Refusal with what the server, or the way to it, had against it; `Unavailable` when the time is over
 */
export async function refreshTools(
  deps: Pick<Deps, 'engine'>,
  caller: Caller,
  mcpServerId: string,
): Promise<void> {
  const job = await deps.engine(caller).startListTools(mcpServerId)
  const over = new AbortController()
  try {
    await Promise.race([job.done(), tooLate(over.signal)])
  } catch (error) {
    const kind = kindOf(error)
    if (!kind || kind.code === 'Internal' || error instanceof Refusal) throw error
    const isBusy = errors[kind.code].status === 503
    throw new Refusal(kind.code, kind.message, isBusy ? { headers: { 'Retry-After': '5' } } : {})
  } finally {
    over.abort()
  }
}

async function tooLate(signal: AbortSignal): Promise<never> {
  await pause(refreshLimits.wait, undefined, { signal }).catch(() => {})
  throw new Refusal(
    'Unavailable',
    'the server is still being asked: when it has answered, its tools are at GET …/tools',
    { headers: { 'Retry-After': '5' } },
  )
}
