import { spawn } from 'node:child_process'

// Enough to see why a tool failed: some name the cause first, some last.
const FIRST_LINES = 5
const LAST_LINES = 12

/**
 * Runs a program to its end and keeps its first and last lines.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, signal?: AbortSignal, onLine?: (line: string) => void }} [options]
 * @returns {Promise<{ ok: boolean, words: string }>} never rejects: a program that cannot be started is `ok: false`
 */
export function run(command, args, { cwd, env, signal, onLine } = {}) {
  return new Promise((resolve) => {
    const first = []
    const last = []
    const keep = (line) => {
      if (!line.trim()) return
      if (first.length < FIRST_LINES) first.push(line)
      else last.push(line)
      if (last.length > LAST_LINES) last.splice(0, 2, '…')
      onLine?.(line)
    }
    const child = spawn(command, args, { cwd, env, signal, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) {
      let rest = ''
      stream.setEncoding('utf8').on('data', (text) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        lines.forEach(keep)
      })
      stream.on('end', () => keep(rest))
    }
    child.on('error', (error) => keep(error.message))
    child.on('close', (code) => resolve({ ok: code === 0, words: [...first, ...last].join('\n') }))
  })
}
