import { type ChildProcess, spawn } from 'node:child_process'
import { freePort } from '../../local/ports.ts'
import { until } from './until.ts'

/** A line of a program's log. */
// biome-ignore lint/suspicious/noExplicitAny: lines of every shape
export type Line = Record<string, any>

/** One of our programs as a real process. */
export interface Program {
  child: ChildProcess
  /** Everything it wrote, also what is no log line. */
  text(): string
  lines(): Line[]
  ready(): Promise<Line>
  /** Resolves with the exit code; null when a signal ended it. */
  ended: Promise<number | null>
}

const live = new Set<ChildProcess>()

/** Starts `api/main.ts` or `workers/main.ts`, with this environment and nothing of the developer's own. */
export function startProgram(script: string, env: Record<string, string>): Program {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  live.add(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece) => {
      text += piece
    })
  const lines = () =>
    text
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Line)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    child,
    text: () => text,
    lines,
    ended,
    ready: () =>
      until(
        `${script} to be ready`,
        () => {
          if (child.exitCode !== null) throw new Error(`${script} ended:\n${text}`)
          return lines().find((line) => line.ready === true)
        },
        50_000,
      ).catch((error) => {
        throw new Error(`${error}\n${text}`)
      }),
  }
}

/** SIGKILL for whatever is left of them. In `afterEach` or `afterAll`. */
export function endPrograms(): void {
  for (const child of live) child.kill('SIGKILL')
  live.clear()
}

/** An address for a program to listen on. */
export const freeAddress = async (): Promise<string> => `127.0.0.1:${await freePort()}`
