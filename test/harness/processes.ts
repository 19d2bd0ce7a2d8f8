import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectHttp, type ParleyHttp } from '../../client/http.ts'
import { freePort } from '../../local/ports.ts'
import { ground } from './ground.ts'
import { type ChatBody, type ModelServer, startModelServer } from './model-server.ts'
import { endPrograms, type Program, startProgram } from './program.ts'

/** An API and workers as real processes, on a database and a namespace of their own. */
export interface Processes {
  parley: ParleyHttp
  baseUrl: string
  databaseUrl: string
  api: Program
  model: ModelServer
  /** Starts one more worker, and waits until it is ready. */
  worker(env?: Record<string, string>): Promise<Program>
  publish(definition: object): Promise<string>
  close(): Promise<void>
}

export async function startProcesses(
  reply: (body: ChatBody) => string,
  more: Record<string, string> = {},
): Promise<Processes> {
  const [place, model, folder, port] = await Promise.all([
    ground(),
    startModelServer(reply),
    mkdtemp(join(tmpdir(), 'parley-processes-')),
    freePort(),
  ])
  const env = {
    DATABASE_URL: place.databaseUrl,
    TEMPORAL_ADDRESS: place.temporalAddress,
    TEMPORAL_NAMESPACE: place.namespace,
    PARLEY_DATA_DIR: folder,
    OPENAI_BASE_URL: model.baseUrl,
    OPENAI_API_KEY: 'test',
    OPENAI_MODEL: 'test-model',
    PORT: `${port}`,
    ...more,
  }
  const baseUrl = `http://localhost:${port}`
  const api = startProgram('api/main.ts', env)
  await api.ready()
  const parley = connectHttp({ baseUrl })
  return {
    parley,
    baseUrl,
    databaseUrl: place.databaseUrl,
    api,
    model,
    worker: async (own = {}) => {
      const worker = startProgram('workers/main.ts', { ...env, ...own })
      await worker.ready()
      return worker
    },
    publish: async (definition) => {
      const given = { name: 'Test', type: 'output_focused', ...definition } as Parameters<
        ParleyHttp['saveDraft']
      >[1]
      const { workflowId } = await parley.createWorkflow({ name: given.name, type: given.type })
      await parley.saveDraft(workflowId, given)
      await parley.publish(workflowId)
      return workflowId
    },
    close: async () => {
      endPrograms()
      await model.close()
      await place.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
