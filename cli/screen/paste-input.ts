import { PassThrough } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { KeyInput } from './terminal.ts'

const begin = '\u001b[200~'
const end = '\u001b[201~'
/** A longer paste is held aside as well: a prompt draws itself anew for each character. */
const longestInLine = 300

/**
 * Keys for one prompt. A line break in a pasted text would submit the prompt and spill the rest into the next one, so a
 * pasted text of several lines is held aside: the prompt gets a short mark, and `expand` puts the text back.
 */
export class PasteInput extends PassThrough {
  readonly isTTY = true
  private readonly keys: KeyInput
  private readonly screen: NodeJS.WritableStream
  private readonly pasted = new Map<string, string>()
  private readonly decoder = new StringDecoder('utf8')
  private pending = ''
  private readonly onKeys = (chunk: Buffer | string) =>
    this.takeKeys(typeof chunk === 'string' ? chunk : this.decoder.write(chunk))

  constructor(keys: KeyInput, screen: NodeJS.WritableStream) {
    super()
    this.keys = keys
    this.screen = screen
    keys.on('data', this.onKeys)
    keys.resume()
    // Asks the terminal to mark what is pasted.
    screen.write('\u001b[?2004h')
  }

  setRawMode(raw: boolean): this {
    this.keys.setRawMode?.(raw)
    return this
  }

  /** Gives the keyboard back. */
  release(): void {
    this.screen.write('\u001b[?2004l')
    this.keys.off('data', this.onKeys)
    this.keys.pause()
    this.end()
  }

  /** What was typed, with the pasted texts in place of their marks. */
  expand(typed: string): string {
    let text = typed
    for (const [mark, paste] of this.pasted) text = text.replace(mark, () => paste)
    return text
  }

  private takeKeys(chunk: string): void {
    this.pending += chunk
    for (;;) {
      const start = this.pending.indexOf(begin)
      if (start === -1) {
        // The beginning of a mark may stand at the end of a chunk. A lone Escape is a key, and passes at once.
        const held =
          [6, 5, 4, 3, 2].find(
            (length) => this.pending.endsWith(begin.slice(0, length)) && length < begin.length,
          ) ?? 0
        this.write(this.pending.slice(0, this.pending.length - held))
        this.pending = this.pending.slice(this.pending.length - held)
        return
      }
      const stop = this.pending.indexOf(end, start)
      if (stop === -1) return
      const paste = this.pending.slice(start + begin.length, stop)
      this.write(this.pending.slice(0, start) + this.inLine(paste))
      this.pending = this.pending.slice(stop + end.length)
    }
  }

  private inLine(paste: string): string {
    const text = paste.replaceAll('\r\n', '\n').replaceAll('\r', '\n').replace(/\n+$/, '')
    if (!text.includes('\n') && text.length <= longestInLine) return text.replaceAll('\t', ' ')
    const mark = `[pasted text ${this.pasted.size + 1}: ${text.split('\n').length} lines]`
    this.pasted.set(mark, text)
    return mark
  }
}
