import { readFile } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { readBytes } from './read-bytes.ts'
import type { Reading } from './run-reader.ts'

/**
 * The thread that opens other people's files. It has its own memory limit and can be stopped at any point, and it has no business on the
 * network: a document that asks for something outside gets nothing.
 */
const given = workerData as Reading
Object.assign(globalThis, { fetch: undefined, XMLHttpRequest: undefined, WebSocket: undefined })
const read = async () =>
  'page' in given
    ? (await import('./read-page.ts')).readPage(given.page, given.mostCharacters)
    : readBytes(await readFile(given.path), given.name, undefined, given.mostCharacters)
parentPort!.postMessage(await read())
