import { spawn } from 'node:child_process'

/**
 * Lets another program take this one's place: its input, output, signals and exit code are ours.
 * @param {string} command @param {string[]} args @param {{ cwd?: string, env: NodeJS.ProcessEnv }} options
 */
export function handOver(command, args, options) {
  const child = spawn(command, args, { ...options, stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.on('SIGINT', () => {
    // A terminal sends Ctrl-C to the child as well: passed on, one press would arrive as two.
    if (!process.stdin.isTTY) child.kill('SIGINT')
  })
  child.on('error', (error) => {
    process.stderr.write(`✗ Could not start ${command}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
