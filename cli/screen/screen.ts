import { progressBar } from './progress-bar.ts'
import { paint, wrap } from './spans.ts'
import { columnsOf, type Terminal } from './terminal.ts'
import { cutTo } from './width.ts'

const framesPerSecond = 12
/** Of a text that is being written, this many lines are shown, where the window has room for them. */
const mostLiveLines = 8

/** The lines of a text, each at most so many columns wide. */
export type LayOut = (text: string, columns: number) => string[]

const asDimLines: LayOut = (text, columns) =>
  wrap(text.trimEnd().replace(/\n{2,}/g, '\n'), columns).map((line) => paint('dim', line))

/**
 * Writes what stays, and below it, on a terminal, a few lines that change: a notice, the progress bar, a text as it is
 * being written. While a prompt owns the terminal, everything else waits.
 */
export class Screen {
  private readonly terminal: Terminal
  private readonly animated: boolean
  private held: string[] | undefined
  private drawn = 0
  private tick = 0
  private timer: NodeJS.Timeout | undefined
  private bar: { percent: number; label: string } | undefined
  private lastBarSaid = ''
  private notice = ''
  private live = ''
  private layOut: LayOut = asDimLines

  constructor(terminal: Terminal) {
    this.terminal = terminal
    this.animated = Boolean(terminal.output.isTTY)
  }

  /** Whether lines can change here, as on a terminal. */
  get changes(): boolean {
    return this.animated
  }

  get columns(): number {
    return columnsOf(this.terminal)
  }

  /** Writes lines that stay. */
  say(text = ''): void {
    if (this.held) {
      this.held.push(text)
      return
    }
    this.erase()
    this.terminal.output.write(`${text}\n`)
    this.draw()
  }

  /** How far it is and what is being done. Without a terminal, a line whenever that changes. */
  progress(percent: number, label: string): void {
    this.bar = { percent, label }
    if (this.animated) this.animate()
    else this.sayBar()
  }

  /** A line about the moment, such as a lost connection; an empty one takes it away. */
  note(text: string): void {
    if (text !== '' && text !== this.notice && !this.animated) this.say(text)
    this.notice = text
    this.animate()
  }

  /** The text that is being written, and how it is laid out; an empty one takes it away. */
  writing(text: string, layOut: LayOut = asDimLines): void {
    this.live = text
    this.layOut = layOut
    this.animate()
  }

  /** Hands the terminal to a prompt. What is said meanwhile appears after it. */
  async lend<T>(prompt: () => Promise<T>): Promise<T> {
    this.erase()
    this.sayBar()
    this.held = []
    try {
      return await prompt()
    } finally {
      const said = this.held
      this.held = undefined
      for (const text of said) this.say(text)
    }
  }

  /** Takes the changing lines away for good, or until there is something to show again. */
  rest(): void {
    this.erase()
    clearInterval(this.timer)
    this.timer = undefined
    this.bar = undefined
    this.notice = ''
    this.live = ''
  }

  /** The bar as a line that stays: where the run stood when it asked. */
  private sayBar(): void {
    if (!this.bar) return
    const line = `${String(this.bar.percent).padStart(3)}%  ${this.bar.label}`
    if (line === this.lastBarSaid) return
    this.lastBarSaid = line
    this.terminal.output.write(`${this.animated ? paint('dim', cutTo(line, this.columns)) : line}\n`)
  }

  private animate(): void {
    if (!this.animated || this.timer) return
    this.timer = setInterval(() => {
      this.tick += 1
      this.erase()
      this.draw()
    }, 1000 / framesPerSecond)
    this.timer.unref()
  }

  private draw(): void {
    if (!this.animated || !this.timer || this.held) return
    const lines = this.lines()
    if (lines.length === 0) return
    this.terminal.output.write(lines.join('\n'))
    this.drawn = lines.length
  }

  private erase(): void {
    if (this.drawn === 0) return
    this.terminal.output.write(`\r${this.drawn > 1 ? `\u001b[${this.drawn - 1}A` : ''}\u001b[J`)
    this.drawn = 0
  }

  private lines(): string[] {
    const { columns } = this
    const room = Math.max(0, Math.min(mostLiveLines, (this.terminal.output.rows ?? 24) - 6))
    return [
      ...(this.notice ? [paint('yellow', cutTo(this.notice, columns))] : []),
      ...(this.bar ? [progressBar(this.bar.percent, this.bar.label, columns, this.tick)] : []),
      ...(this.live && room > 0
        ? this.layOut(this.live, columns - 2)
            .slice(-room)
            .map((line) => `  ${line}`)
        : []),
    ]
  }
}
