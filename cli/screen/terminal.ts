import type { Writable } from 'node:stream'

/** What stdin must be able to do for prompts. */
export type KeyInput = NodeJS.ReadableStream & { isTTY?: boolean; setRawMode?(raw: boolean): unknown }

/** The ends that a command talks through: the process's own, or a test's. */
export interface Terminal {
  input: KeyInput
  output: Writable & { isTTY?: boolean; columns?: number; rows?: number }
  errors: Writable
}

export const processTerminal: Terminal = {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
}

/** Somebody sits there who can be asked. */
export const canAsk = ({ input, output }: Terminal): boolean => Boolean(input.isTTY && output.isTTY)

/** Columns to write in: the terminal's, at most 100, because longer lines read badly; 80 where there is no terminal. */
export const columnsOf = ({ output }: Terminal): number =>
  Math.max(30, Math.min(100, (output.columns || 81) - 1))
