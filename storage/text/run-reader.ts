import { Worker } from 'node:worker_threads'
import type { PageAnswer, ReadText } from './read-text.ts'
import { damaged, tooLarge, tooSlow, type Unreadable } from './unreadable.ts'

/** Files of some hundred pages take a few seconds; one that takes a minute is made to, or broken. */
const MAX_SECONDS = 60
const MAX_HEAP_MB = 1_024
/** Buffers live outside of the heap, so no limit of the thread's holds them: they are looked at while it works. */
const MAX_BUFFER_BYTES = 768 * 1024 * 1024
const LOOK_EVERY_MS = 200
/** Two at a time keep a burst of uploads from taking all cores and memory; the rest wait, and their minute starts when they do. */
const AT_ONCE = 2

let running = 0
const waiting: (() => void)[] = []

export type Reading = { name: string; mostCharacters?: number | undefined } & (
  | { path: string }
  | { page: PageAnswer }
)

/**
 * Reads one file in a thread of its own. Whatever the file does, the thread ends and the process and its event loop go on.
 * Rejects when `signal` is aborted.
 */
export const runReader = async (
  file: Reading,
  seconds = MAX_SECONDS,
  signal?: AbortSignal,
): Promise<ReadText> => {
  if (running >= AT_ONCE) await new Promise<void>((free) => waiting.push(free))
  else running++
  try {
    signal?.throwIfAborted()
    return await inThread(file, seconds, signal)
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}

const inThread = async (
  file: Reading,
  seconds: number,
  signal: AbortSignal | undefined,
): Promise<ReadText> => {
  const { name } = file
  const thread = new Worker(new URL('./reader-thread.ts', import.meta.url), {
    workerData: file,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB, maxYoungGenerationSizeMb: 64 },
    // Neither the settings nor the secrets of this process concern a file's reader, nor does its output ours.
    env: {},
    execArgv: ['--no-warnings'],
    stdout: true,
    stderr: true,
  })
  thread.stdout.resume()
  thread.stderr.resume()
  const timers: NodeJS.Timeout[] = []
  let stop = () => {}
  try {
    return await new Promise<ReadText>((resolve, reject) => {
      const give = (problem: Unreadable) =>
        resolve({ ok: false, code: problem.code, reason: problem.message })
      stop = () => reject(signal?.reason)
      signal?.addEventListener('abort', stop)
      thread.once('message', resolve)
      thread.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ERR_WORKER_OUT_OF_MEMORY')
          give(tooLarge(name, 'reading it takes too much memory'))
        else if (error.code === 'ENOENT' || error.code === 'EACCES') reject(error)
        else give(damaged(name))
      })
      thread.once('exit', () => give(damaged(name)))
      timers.push(setTimeout(() => give(tooSlow(name, seconds)), seconds * 1_000))
      timers.push(
        setInterval(async () => {
          const heap = await thread.getHeapStatistics().catch(() => undefined)
          if (heap && heap.external_memory > MAX_BUFFER_BYTES)
            give(tooLarge(name, 'reading it takes too much memory'))
        }, LOOK_EVERY_MS),
      )
    })
  } finally {
    for (const timer of timers) clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
    await thread.terminate()
  }
}
