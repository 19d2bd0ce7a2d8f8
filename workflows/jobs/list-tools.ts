import { listTools } from '../activities.ts'
import type { JobRunner } from './runner.ts'

/** Asks an MCP server which tools it has: from a worker, since the API calls nobody's servers. */
export const runListTools: JobRunner<'listTools'> = listTools
