import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs'

const TURN_OVER_BYTES = 20_000_000

/** A child's log, appended to over all its lives; a large one is set aside, once, as `.old`. */
export function openLog(path: string): { fd: number; size: number } {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > TURN_OVER_BYTES)
    renameSync(path, `${path}.old`)
  const fd = openSync(path, 'a')
  return { fd, size: fstatSync(fd).size }
}

/** What was written from this byte on. */
export function readLog(path: string, from: number): string {
  const fd = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(fd).size - from))
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, from))
  } finally {
    closeSync(fd)
  }
}

export const lastLines = (text: string, count = 15) => text.trimEnd().split('\n').slice(-count).join('\n')
