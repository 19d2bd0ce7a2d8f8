import type { Readable } from 'node:stream'

/**
 * Bytes under keys with slashes, as a folder or a bucket keeps them. A store that does not answer is a refusal
 * `Unavailable`, one without space `Full` or the system's own `ENOSPC`; a key without bytes is a plain error.
 */
export interface FileStore {
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Stores a stream as it comes. When it fails, nothing is left under the key. */
  putStream(key: string, stream: Readable): Promise<void>
  bytes(key: string): Promise<Uint8Array>
  stream(key: string): Promise<Readable>
  /** Lends the bytes as a file of this machine, for readers that need one. */
  onDisk<T>(key: string, read: (path: string) => Promise<T>): Promise<T>
  remove(key: string): Promise<void>
  /** Names of the folders right inside a folder. */
  folders(folder: string): AsyncIterable<string>
  /** The files right inside a folder, and when each was written. */
  files(folder: string): AsyncIterable<{ key: string; writtenAt: Date }>
}

/** Keys are made of ids, hashes and names of ours; whatever else came would be a way out of the store. */
export function checkKey(key: string): string {
  if (!key.split('/').every((part) => /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}$/.test(part)))
    throw new Error('a key of the file store is made of plain words')
  return key
}
