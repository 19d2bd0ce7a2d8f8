import { crc32, inflateRawSync } from 'node:zlib'

/** One file inside a ZIP archive. `read` never gives more bytes than the archive announced, whatever the compressed data would unfold to. */
export type ZipEntry = { name: string; bytes: number; encrypted: boolean; read: () => Buffer }

const END_OF_DIRECTORY = 0x06054b50
const DIRECTORY_ENTRY = 0x02014b50
const LOCAL_HEADER = 0x04034b50

/**
 * The files of a ZIP archive by its central directory, which stands at the end: an archive that was cut off has none.
 * Read here and not by a library because the announced sizes must be known, and enforced, before anything is unfolded.
 * Null when the bytes are no complete archive. ZIP64 is not read: it starts at 4 GB or 65,535 files.
 */
export const openZip = (bytes: Buffer): Map<string, ZipEntry> | null => {
  const end = findEnd(bytes)
  if (end < 0) return null
  const count = bytes.readUInt16LE(end + 10)
  const entries = new Map<string, ZipEntry>()
  let at = bytes.readUInt32LE(end + 16)
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== DIRECTORY_ENTRY) return null
    const flags = bytes.readUInt16LE(at + 8)
    const method = bytes.readUInt16LE(at + 10)
    const checksum = bytes.readUInt32LE(at + 16)
    const packed = bytes.readUInt32LE(at + 20)
    const unpacked = bytes.readUInt32LE(at + 24)
    const nameLength = bytes.readUInt16LE(at + 28)
    const local = bytes.readUInt32LE(at + 42)
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength)
    const read = () => unpack(bytes, { local, method, packed, unpacked, checksum })
    entries.set(name, { name, bytes: unpacked, encrypted: (flags & 1) === 1, read })
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return entries
}

export const unpackedBytes = (zip: Map<string, ZipEntry>): number =>
  [...zip.values()].reduce((sum, entry) => sum + entry.bytes, 0)

/** The end record is followed by a comment of at most 65,535 bytes, so it is searched backwards. */
const findEnd = (bytes: Buffer): number => {
  for (let at = bytes.length - 22; at >= Math.max(0, bytes.length - 65_557); at--)
    if (bytes.readUInt32LE(at) === END_OF_DIRECTORY) return at
  return -1
}

type Packed = { local: number; method: number; packed: number; unpacked: number; checksum: number }

const unpack = (bytes: Buffer, { local, method, packed, unpacked, checksum }: Packed): Buffer => {
  if (local + 30 > bytes.length || bytes.readUInt32LE(local) !== LOCAL_HEADER)
    throw new Error('ZIP entry outside the file')
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
  const raw = bytes.subarray(start, start + packed)
  if (method !== 0 && method !== 8) throw new Error(`ZIP compression ${method} is unknown`)
  const content = method === 0 ? raw : inflateRawSync(raw, { maxOutputLength: Math.max(1, unpacked) })
  if (content.length !== unpacked || crc32(content) !== checksum)
    throw new Error('ZIP entry differs from its directory')
  return content
}
