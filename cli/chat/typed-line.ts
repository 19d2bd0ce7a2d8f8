import { PasteInput } from '../screen/paste-input.ts'
import type { Screen } from '../screen/screen.ts'
import type { Terminal } from '../screen/terminal.ts'
import { cutTo } from '../screen/width.ts'

const esc = '\u001b'
const ctrlC = '\u0003'
/** Arrow and function keys, which have no meaning here. */
const sequences = /\u001b[[O][0-9;?]*[A-Za-z~]/g

interface Heard {
  line(text: string): void
  esc(): void
  ctrlC(): void
}

/** The keyboard while a reply is being written: Esc and Ctrl-C stop it, a line with Enter is the next message. */
export class TypedLine {
  private readonly terminal: Terminal
  private readonly screen: Screen
  private readonly heard: Heard
  private input: PasteInput | undefined
  private typed = ''

  constructor(terminal: Terminal, screen: Screen, heard: Heard) {
    this.terminal = terminal
    this.screen = screen
    this.heard = heard
  }

  listen(): void {
    if (this.input) return
    const input = new PasteInput(this.terminal.input, this.terminal.output)
    input.setRawMode(true)
    input.setEncoding('utf8').on('data', (keys: string) => this.take(keys))
    this.input = input
    this.show()
  }

  /** Gives the keyboard away, and with it what was typed so far. */
  rest(): string {
    const { input, typed } = this
    this.input = undefined
    this.typed = ''
    if (!input) return ''
    input.removeAllListeners('data')
    input.setRawMode(false)
    input.release()
    this.screen.note('')
    return input.expand(typed)
  }

  private take(keys: string): void {
    if (keys === esc) {
      this.heard.esc()
      return
    }
    for (const key of keys.replace(sequences, '')) {
      if (key === ctrlC) this.heard.ctrlC()
      else if (key === '\r' || key === '\n') this.submit()
      else if (key === '\u007f' || key === '\b') this.typed = [...this.typed].slice(0, -1).join('')
      else if (key === '\u0015') this.typed = ''
      else if (key >= ' ') this.typed += key
    }
    this.show()
  }

  private submit(): void {
    const text = this.input?.expand(this.typed).trim() ?? ''
    this.typed = ''
    if (text) this.heard.line(text)
  }

  private show(): void {
    if (!this.input) return
    this.screen.note(this.typed ? `› ${cutTo(this.typed, this.screen.columns - 4)}` : 'Esc stops the reply')
  }
}
