export interface LimitedBody {
  bytes: Uint8Array
  /** Whether there was more than the limit. */
  truncated: boolean
}

/** Reads an answer's body, unpacked, up to so many bytes; what comes after them is not waited for. */
export async function readLimitedBytes(response: Response, mostBytes: number): Promise<LimitedBody> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of response.body ?? []) {
    pieces.push(piece)
    size += piece.length
    // Leaving the loop closes the connection: nobody reads the rest of an endless answer.
    if (size > mostBytes) break
  }
  return { bytes: Buffer.concat(pieces).subarray(0, mostBytes), truncated: size > mostBytes }
}

/** The same as text, in the encoding that the answer names. A character cut in two is left out. */
export async function readLimited(
  response: Response,
  mostBytes: number,
): Promise<{ text: string; truncated: boolean }> {
  const { bytes, truncated } = await readLimitedBytes(response, mostBytes)
  return { text: decoderOf(response).decode(bytes, { stream: truncated }), truncated }
}

/** For the encoding that an answer names; UTF-8 where it names none, or an unknown one. */
export function decoderOf(response: Response) {
  const name = /charset="?([\w:.-]+)/i.exec(response.headers.get('content-type') ?? '')?.[1]
  try {
    return new TextDecoder(name ?? 'utf-8')
  } catch {
    return new TextDecoder()
  }
}
