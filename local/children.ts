import { Child, type ChildSpec, type Say, type Where } from './child.ts'

export type ChildrenOptions = {
  say?: Say
  /** Started again when they end unasked; yes unless said otherwise. */
  restart?: boolean
  /** Their names, each after those it needs: they are stopped from its end. Starting itself may be in parallel. */
  startOrder?: string[]
}

/**
 * The processes this one starts. Each is the leader of a process group, so that Ctrl-C in the terminal reaches only us
 * and we end them in order; each writes to its log file directly, so that it loses nothing when we die.
 */
export class Children {
  readonly #where: Where
  readonly #say: Say
  readonly #restart: boolean
  readonly #startOrder: string[]
  readonly #children: Child[] = []
  #stopping = false

  constructor(where: Where, options: ChildrenOptions = {}) {
    this.#where = where
    this.#say = options.say ?? (() => {})
    this.#restart = options.restart ?? true
    this.#startOrder = options.startOrder ?? []
  }

  /** Resolves when the child is ready; from then on it is started again whenever it ends unasked. */
  async start(spec: ChildSpec): Promise<Child> {
    if (this.#stopping) throw new Error('stopping')
    const child = new Child(spec, this.#where, this.#say)
    this.#children.push(child)
    await child.start()
    if (this.#restart) void child.keepAlive()
    return child
  }

  /** Stops them one after the other, the last of the start order first. */
  async stop(): Promise<void> {
    this.#stopping = true
    const rank = (child: Child) => this.#startOrder.indexOf(child.name)
    for (const child of this.#children.toSorted((a, b) => rank(b) - rank(a))) await child.stop()
  }

  /** At once, without asking. */
  kill(): void {
    this.#stopping = true
    for (const child of this.#children) child.kill()
  }
}
