import type { Readable } from 'node:stream'
import type { AssetsAddress } from '../../shared/assets-address.ts'
import { isUuid } from '../../shared/contract/uuid.ts'
import { openBucket } from './bucket.ts'
import type { FileStore } from './file-store.ts'
import { openFolder } from './folder.ts'

/** Bytes of files, by keys that this process made from ids: nothing a caller wrote is ever part of a path. */
export interface Assets {
  put(key: AssetKey, bytes: Uint8Array): Promise<void>
  /** Stores a stream as it comes. When it fails, nothing is left under the key. */
  putStream(key: AssetKey, stream: Readable): Promise<void>
  bytes(key: AssetKey): Promise<Uint8Array>
  stream(key: AssetKey): Promise<Readable>
  /** Lends the bytes as a file of this machine, for readers that need one. */
  onDisk<T>(key: AssetKey, read: (path: string) => Promise<T>): Promise<T>
  remove(key: AssetKey): Promise<void>
  /** What is too large for Temporal's histories, in a part of the store of its own. */
  payloads: PayloadFiles
}

export type PayloadFiles = Pick<FileStore, 'put' | 'bytes' | 'remove' | 'folders' | 'files'>

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

export const openAssets = async (address: AssetsAddress): Promise<Assets> =>
  assetsIn(address.kind === 'folder' ? await openFolder(address.folder) : openBucket(address))

/** Assets in a folder of this machine. */
export const openFolderAssets = (folder: string): Promise<Assets> => openAssets({ kind: 'folder', folder })

const assetsIn = (store: FileStore): Assets => ({
  put: (key, bytes) => store.put(keyText(key), bytes),
  putStream: (key, stream) => store.putStream(keyText(key), stream),
  bytes: (key) => store.bytes(keyText(key)),
  stream: (key) => store.stream(keyText(key)),
  onDisk: (key, read) => store.onDisk(keyText(key), read),
  remove: (key) => store.remove(keyText(key)),
  payloads: {
    put: (key, bytes) => store.put(`payloads/${key}`, bytes),
    bytes: (key) => store.bytes(`payloads/${key}`),
    remove: (key) => store.remove(`payloads/${key}`),
    folders: (folder) => store.folders(`payloads/${folder}`),
    files: async function* (folder) {
      for await (const { key, writtenAt } of store.files(`payloads/${folder}`))
        yield { key: key.slice('payloads/'.length), writtenAt }
    },
  },
})
