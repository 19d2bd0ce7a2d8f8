import { spawn } from 'node:child_process'

const TAIL_LINES = 15 // enough of a tool's last words to see why it failed

/**
 * Runs a program to its end and keeps its last lines.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, signal?: AbortSignal, onLine?: (line: string) => void }} [options]
 * @returns {Promise<{ ok: boolean, tail: string }>} never rejects: a program that cannot be started is `ok: false`
 */
export function run(command, args, { cwd, env, signal, onLine } = {}) {
  return new Promise((resolve) => {
    const tail = []
    const keep = (line) => {
      if (!line.trim()) return
      tail.push(line)
      if (tail.length > TAIL_LINES) tail.shift()
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
    child.on('close', (code) => resolve({ ok: code === 0, tail: tail.join('\n') }))
  })
}
