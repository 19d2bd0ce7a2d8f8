import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Disk } from 'flydrive'
import { FSDriver } from 'flydrive/drivers/fs'
import { isUuid } from '../../shared/contract/uuid.ts'

/** Bytes of files, by keys that this process made from ids: nothing a caller wrote is ever part of a path. */
export interface Assets {
  put(key: AssetKey, bytes: Uint8Array): Promise<void>
  /** Stores a stream as it comes. When it fails, nothing is left under the key. */
  putStream(key: AssetKey, stream: Readable): Promise<void>
  bytes(key: AssetKey): Promise<Uint8Array>
  stream(key: AssetKey): Promise<Readable>
  /** Path of the bytes on this machine, for readers that need a file. */
  localPath(key: AssetKey): Promise<string>
  remove(key: AssetKey): Promise<void>
}

export interface AssetKey {
  workspaceId: string
  fileId: string
  /** `original`, or the text that was read out of it. */
  part: 'original' | 'text'
}

const keyText = ({ workspaceId, fileId, part }: AssetKey): string => {
  if (!isUuid(workspaceId) || !isUuid(fileId)) throw new Error('an asset key is made of UUIDs')
  return `${workspaceId}/${fileId.slice(0, 2)}/${fileId}.${part}`
}

/** Assets in a folder of this machine. */
export async function openFolderAssets(folder: string): Promise<Assets> {
  await mkdir(folder, { recursive: true })
  const disk = new Disk(new FSDriver({ location: folder, visibility: 'private' }))
  return {
    put: (key, bytes) => disk.put(keyText(key), bytes),
    putStream: async (key, stream) => {
      const path = join(folder, keyText(key))
      const partial = `${path}.${randomUUID()}`
      await mkdir(dirname(path), { recursive: true })
      try {
        await pipeline(stream, createWriteStream(partial))
        // Under its own name only when it is whole.
        await rename(partial, path)
      } catch (error) {
        await rm(partial, { force: true })
        throw error
      }
    },
    bytes: (key) => disk.getBytes(keyText(key)),
    stream: async (key) => createReadStream(join(folder, keyText(key))),
    localPath: async (key) => join(folder, keyText(key)),
    remove: (key) => disk.delete(keyText(key)),
  }
}
