import { PassThrough, Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { runProgram } from '../../cli/program.ts'
import type { Terminal } from '../../cli/screen/terminal.ts'

export const keys = { enter: '\r', down: '\u001b[B', space: ' ', ctrlC: '\u0003', tab: '\t', clear: '\u0015' }

/** A command at work, on a made-up terminal of 80 columns or, without one, on pipes. */
export class Play {
  readonly done: Promise<number>
  private readonly input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} })
  private text = ''
  private seen = 0

  constructor(args: string[], { onTerminal = false } = {}) {
    const take = new Writable({
      write: (chunk: Buffer, _, callback) => {
        this.text += stripVTControlCharacters(chunk.toString('utf8'))
        callback()
      },
    })
    const shape = onTerminal ? { isTTY: true, columns: 80, rows: 30 } : {}
    const terminal: Terminal = {
      input: Object.assign(this.input, { isTTY: onTerminal }),
      output: Object.assign(take, shape),
      errors: take,
    }
    this.done = runProgram(args, terminal)
  }

  /** Everything that was written, without colours and cursor moves. */
  get output(): string {
    return this.text
  }

  get lines(): { event: string; data: Record<string, never> }[] {
    return this.text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { event: string; data: Record<string, never> })
  }

  /** Waits until a text appears behind what was waited for before. */
  async sees(wanted: string): Promise<void> {
    const deadline = Date.now() + 15_000
    for (;;) {
      const at = this.text.indexOf(wanted, this.seen)
      if (at >= 0) {
        this.seen = at + wanted.length
        return
      }
      if (Date.now() > deadline)
        throw new Error(`“${wanted}” did not appear. What did:\n${this.text.slice(this.seen)}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** Presses keys one after the other, as a person does: a prompt draws in between. */
  async press(...pressed: string[]): Promise<void> {
    for (const key of pressed) {
      this.input.write(key)
      await new Promise((resolve) => setTimeout(resolve, 70))
    }
  }
}
