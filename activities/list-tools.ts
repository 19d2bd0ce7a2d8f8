import { Context, heartbeat } from '@temporalio/activity'
import type { JobOf } from '../shared/contract/job.ts'
import { fail, kindOf } from '../shared/temporal/failure.ts'
import { findMcpServer } from '../storage/sql/mcp-servers.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { unavailable } from './unavailable.ts'

/** A cancelled job is heard of in the answer to a heartbeat. */
const heartbeatEvery = 400

/** Asks an MCP server for its tools and keeps them; gives the hash of the list. */
export const listTools =
  ({ db, tools }: Pick<Deps, 'db' | 'tools'>) =>
  async (job: JobOf<'listTools'>): Promise<{ sha256: string }> => {
    const { cancellationSignal, cancelled } = Context.current()
    const beat = setInterval(() => heartbeat(), heartbeatEvery)
    try {
      const server = await findMcpServer(db, job, job.mcpServerId)
      if (!server) throw fail('NotFound', 'The MCP server was taken away.')
      const { sha256 } = await tools.listMcpTools(server, cancellationSignal)
      return { sha256 }
    } catch (error) {
      if (cancellationSignal.aborted) throw await cancelled.catch((reason) => reason)
      throw unavailable(error) ?? (kindOf(error) ? error : faultOfOurs(error))
    } finally {
      clearInterval(beat)
    }
  }
