import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { lastLines, openLog, readLog } from './log-file.ts'
import { leaveTrace, removeTrace } from './orphans.ts'
import { sendSignal } from './process-identity.ts'
import { StartProblem } from './start-problem.ts'

export type ChildSpec = {
  /** Names its log (`logs/<name>.log`) and it in what the terminal says. */
  name: string
  command: string
  args: string[]
  cwd?: string
  env?: NodeJS.ProcessEnv
  uid?: number
  gid?: number
  /** Asked again and again with what this life has logged so far, until it is true. */
  isReady(log: string): boolean | Promise<boolean>
  startWithinMs: number
  stopSignal: NodeJS.Signals
  stopWithinMs: number
  /** How often a first start that ends at once is tried again; for what may have to wait for its predecessor's end. */
  startRetries?: number
}

export type Where = { logs: string; run: string }
export type Say = (line: string) => void

/** One life of a child: from being spawned to its end. */
type Life = { process: ChildProcess; log: () => string; ended: Promise<string>; hasEnded: () => boolean }

const POLL_MS = 25
const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 30_000
const STEADY_MS = 60_000 // a life this long was a good one: the next restart is quick again

/** A process of ours that is kept running: it comes back when it ends unasked. */
export class Child {
  readonly logPath: string
  readonly #spec: ChildSpec
  readonly #where: Where
  readonly #say: Say
  readonly #stop = new AbortController()
  #life: Life | undefined

  constructor(spec: ChildSpec, where: Where, say: Say) {
    this.#spec = spec
    this.#where = where
    this.#say = say
    this.logPath = join(where.logs, `${spec.name}.log`)
  }

  get name(): string {
    return this.#spec.name
  }

  get pid(): number | undefined {
    return this.#life?.hasEnded() ? undefined : this.#life?.process.pid
  }

  async start(): Promise<void> {
    const { startRetries = 0 } = this.#spec
    for (let attempt = 0; ; attempt++) {
      const life = this.#begin()
      const problem = await this.#awaitReady(life)
      if (!problem) return
      if (this.#stop.signal.aborted) throw new Error('stopping')
      this.#killGroup()
      await life.ended
      if (attempt === startRetries) throw this.#cannotStart(problem, life)
      await pause(FIRST_PAUSE_MS * 2 ** attempt, undefined, { signal: this.#stop.signal })
    }
  }

  /** Watches over the child until it is stopped. */
  async keepAlive(): Promise<void> {
    let wait = FIRST_PAUSE_MS
    while (this.#life) {
      const since = Date.now()
      const how = await this.#life.ended
      if (this.#stop.signal.aborted) return
      if (Date.now() - since > STEADY_MS) wait = FIRST_PAUSE_MS
      this.#say(`${this.#spec.name} ${how}; it is started again. Its log: ${this.logPath}`)
      await pause(wait, undefined, { signal: this.#stop.signal }).catch(() => {})
      if (this.#stop.signal.aborted) return
      wait = Math.min(wait * 2, LONGEST_PAUSE_MS)
      const problem = await this.#awaitReady(this.#begin())
      if (problem) this.#killGroup()
      else this.#say(`${this.#spec.name} is back.`)
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    const life = this.#life
    if (!life) return
    if (life.process.pid && !life.hasEnded()) sendSignal(life.process.pid, this.#spec.stopSignal)
    const limit = setTimeout(() => this.#killGroup(), this.#spec.stopWithinMs)
    await life.ended
    clearTimeout(limit)
  }

  kill(): void {
    this.#stop.abort()
    this.#killGroup()
  }

  #begin(): Life {
    const { name, command, args, cwd, env, uid, gid, stopSignal } = this.#spec
    const { fd, size } = openLog(this.logPath)
    const child = spawn(command, args, { cwd, env, uid, gid, detached: true, stdio: ['ignore', fd, fd] })
    closeSync(fd)
    if (child.pid) leaveTrace(this.#where.run, name, child.pid, stopSignal)
    let over = false
    const ended = new Promise<string>((resolve) => {
      const end = (how: string) => {
        over = true
        removeTrace(this.#where.run, name)
        resolve(how)
      }
      child.once('error', (error) => end(`could not be started (${error.message})`))
      child.once('exit', (code, signal) =>
        end(signal ? `was ended by ${signal}` : `ended with exit code ${code}`),
      )
    })
    this.#life = { process: child, log: () => readLog(this.logPath, size), ended, hasEnded: () => over }
    return this.#life
  }

  /** What kept it from becoming ready; undefined when it is. */
  async #awaitReady(life: Life): Promise<string | undefined> {
    const { isReady, startWithinMs } = this.#spec
    const until = Date.now() + startWithinMs
    for (;;) {
      if (life.hasEnded()) return life.ended
      if (await isReady(life.log())) return undefined
      if (Date.now() > until) return `was not ready within ${Math.round(startWithinMs / 1000)} s`
      await pause(POLL_MS)
    }
  }

  #cannotStart(problem: string, life: Life): StartProblem {
    const lastWords = lastLines(life.log()) || '(none)'
    return new StartProblem(
      `${this.#spec.name} ${problem}. Its last words:\n${lastWords}`,
      `The whole log is ${this.logPath}.`,
    )
  }

  #killGroup(): void {
    const pid = this.#life?.process.pid
    if (pid && !this.#life?.hasEnded()) sendSignal(-pid, 'SIGKILL')
  }
}
