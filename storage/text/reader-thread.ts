import { readFile } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { readBytes } from './read-bytes.ts'

/**
 * The thread that opens other people's files. It has its own memory limit and can be stopped at any point, and it has no business on the
 * network: a document that asks for something outside gets nothing.
 */
const { path, name } = workerData as { path: string; name: string }
Object.assign(globalThis, { fetch: undefined, XMLHttpRequest: undefined, WebSocket: undefined })
parentPort!.postMessage(await readBytes(await readFile(path), name))
