import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import type { Context } from '../context.ts'
import { shortId } from '../conversation/names.ts'
import { findInstance } from '../find-instance.ts'
import { cleanPath } from '../prompts/find-path.ts'
import { UsageError } from '../usage-error.ts'

export const exportCommand = (contextOf: () => Context): Command =>
  new Command('export')
    .description('save the whole record of a run, as JSON lines')
    .argument('<instance>', 'the id of the run, or the beginning of it')
    .argument('[file]', 'where to (default: run-<id>.jsonl here); - writes it out')
    .action(async (given: string, file: string | undefined) => {
      const context = contextOf()
      await exportTo(await findInstance(given, context.client), context, file)
    })

/** Saves a run's record. A file appears whole or not at all. */
export async function exportTo(
  instanceUuid: string,
  { client, terminal, print }: Context,
  file = `run-${shortId(instanceUuid)}.jsonl`,
): Promise<void> {
  const lines = Readable.fromWeb((await client.exportRun(instanceUuid)) as never)
  const watch = new LastLine()
  if (file === '-') {
    await pipeline(lines, watch, terminal.output, { end: false })
    watch.mustBeEnd('What was written is not whole: try again.')
    return
  }
  const path = cleanPath(file)
  const part = `${path}.part`
  try {
    await pipeline(lines, watch, createWriteStream(part)).catch((error: NodeJS.ErrnoException) => {
      throw error.path ? new UsageError(`${path} cannot be written (${error.code}).`) : error
    })
    watch.mustBeEnd('Nothing was saved: try again.')
    await rename(part, path)
  } finally {
    await rm(part, { force: true })
  }
  print([`${watch.lines - 1} lines: ${path}`], { file: path, lines: watch.lines - 1 })
}

/** Lets lines through, counts them, and remembers the last one. */
class LastLine extends Transform {
  lines = 0
  private tail = Buffer.alloc(0)

  override _transform(chunk: Buffer, _: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    for (const byte of chunk) if (byte === 10) this.lines += 1
    // The last line is short: it holds a number and a hash.
    this.tail = Buffer.concat([this.tail, chunk]).subarray(-1_000)
    done(null, chunk)
  }

  mustBeEnd(advice: string): void {
    const last = this.tail.toString('utf8').trimEnd().split('\n').at(-1) ?? ''
    if (!last.startsWith('{"type":"end"')) throw new Error(`The export broke off. ${advice}`)
  }
}
