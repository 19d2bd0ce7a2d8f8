import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, opendir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { checkKey, type FileStore } from './file-store.ts'

/** Longer than anything is written without a pause: what is older was left by a process that was killed. */
const hour = 3_600_000

/** Files in a folder of this machine, or of all machines that share it. */
export async function openFolder(folder: string): Promise<FileStore> {
  // No key begins like this: they begin with an id, or with `payloads`.
  const partials = join(folder, 'partial')
  await mkdir(partials, { recursive: true })
  const pathOf = (key: string) => join(folder, checkKey(key))
  let nextClearing = 0
  const clear = async (): Promise<void> => {
    if (Date.now() < nextClearing) return
    nextClearing = Date.now() + hour
    for await (const { name } of entriesOf(partials)) {
      const path = join(partials, name)
      const found = await stat(path).catch(() => undefined)
      if (found && found.mtimeMs < Date.now() - hour) await rm(path, { force: true })
    }
  }
  const putStream = async (key: string, stream: Readable): Promise<void> => {
    const path = pathOf(key)
    const partial = join(partials, randomUUID())
    // A folder that cannot be cleared must not keep anybody from writing.
    await clear().catch(() => {})
    await mkdir(dirname(path), { recursive: true })
    try {
      await pipeline(stream, createWriteStream(partial, { flush: true }))
      // Under its own name only when it is whole.
      await rename(partial, path)
    } catch (error) {
      await rm(partial, { force: true })
      throw error
    }
  }
  return {
    put: (key, bytes) => putStream(key, Readable.from([bytes])),
    putStream,
    bytes: (key) => readFile(pathOf(key)),
    stream: async (key) => createReadStream(pathOf(key)),
    onDisk: (key, read) => read(pathOf(key)),
    remove: async (key) => {
      await rm(pathOf(key), { force: true })
      // A folder goes with its last file.
      await rmdir(dirname(pathOf(key))).catch(() => {})
    },
    folders: async function* (inside) {
      for await (const entry of entriesOf(pathOf(inside))) if (entry.isDirectory()) yield entry.name
    },
    files: async function* (inside) {
      for await (const entry of entriesOf(pathOf(inside))) {
        if (!entry.isFile()) continue
        const key = `${inside}/${entry.name}`
        const found = await stat(pathOf(key)).catch(() => undefined)
        if (found) yield { key, writtenAt: found.mtime }
      }
    },
  }
}

async function* entriesOf(path: string) {
  const folder = await opendir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (folder) yield* folder
}
