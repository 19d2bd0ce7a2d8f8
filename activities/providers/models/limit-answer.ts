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
  const reader = response.body.getReader()
  let unbroken = 0
  // Read as it is asked for: a transform stream takes twice the time of the whole request.
  const measured = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value: piece } = await reader.read()
        if (done) return controller.close()
        const lineEnd = isStream ? piece.lastIndexOf(0x0a) : -1
        unbroken = lineEnd < 0 ? unbroken + piece.length : piece.length - lineEnd - 1
        if (unbroken <= longest) return controller.enqueue(piece)
        const problem = fail(
          'ProviderRefused',
          `The model sent ${longest} bytes without an end and was stopped.`,
        )
        reader.cancel(problem).catch(() => {})
        throw problem
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return new Response(measured, response)
}
