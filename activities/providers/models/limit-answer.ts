import { fail } from '../../../shared/temporal/failure.ts'

/** Bytes. A piece of a stream is one line, which may hold the whole of the longest answer. */
const longest = 4_000_000

/**
 * An answer that is cut off, with a failure, where one line of a stream, or the whole of any other answer, has no end:
 * the client would collect it until the process has no memory left.
 */
export function limitAnswer(response: Response): Response {
  if (!response.body) return response
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  let unbroken = 0
  const measured = new TransformStream<Uint8Array, Uint8Array>({
    transform: (piece, controller) => {
      const lineEnd = isStream ? piece.lastIndexOf(0x0a) : -1
      unbroken = lineEnd < 0 ? unbroken + piece.length : piece.length - lineEnd - 1
      if (unbroken > longest)
        controller.error(
          fail('ProviderRefused', `The model sent ${longest} bytes without an end and was stopped.`),
        )
      else controller.enqueue(piece)
    },
  })
  return new Response(response.body.pipeThrough(measured), response)
}
