import { randomUUID } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { basename } from 'node:path'

/** A file by its path, or bytes with the name they should have. */
export type Upload = string | { name: string; bytes: Uint8Array | Blob; mediaType?: string | undefined }

export interface Multipart {
  headers: Record<string, string>
  open(): ReadableStream<Uint8Array>
}

/**
 * A file as multipart/form-data. It is streamed from the disk, never held whole; each `open` begins anew and gives the very
 * same bytes, so an attempt can be repeated under the same Idempotency-Key. `onProgress` hears of bytes taken and of the total.
 */
export async function multipart(
  upload: Upload,
  onProgress?: (sent: number, total: number) => void,
): Promise<Multipart> {
  const given =
    typeof upload === 'string' ? { name: basename(upload), bytes: await openAsBlob(upload) } : upload
  const content =
    given.bytes instanceof Blob ? given.bytes : new Blob([given.bytes as Uint8Array<ArrayBuffer>])
  const mediaType = (typeof upload === 'object' && upload.mediaType) || 'application/octet-stream'
  const boundary = `parley-${randomUUID()}`
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${escaped(given.name)}"\r\nContent-Type: ${mediaType}\r\n\r\n`
  const whole = new Blob([head, content, `\r\n--${boundary}--\r\n`])
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(whole.size),
    },
    open: () => counted(whole, onProgress),
  }
}

/** As browsers write it (WHATWG): UTF-8, with the three characters that would end the name percent-encoded. */
const escaped = (name: string): string =>
  name.replace(/["\r\n]/g, (character) => encodeURIComponent(character))

function counted(
  blob: Blob,
  onProgress: ((sent: number, total: number) => void) | undefined,
): ReadableStream<Uint8Array> {
  let sent = 0
  return blob.stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        sent += chunk.byteLength
        onProgress?.(sent, blob.size)
        controller.enqueue(chunk)
      },
    }),
  )
}
