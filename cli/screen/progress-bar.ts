import { paint } from './spans.ts'
import { cutTo } from './width.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const cells = 20

/** One line: a turning mark, the bar, the percentage and what is being done, cut to the width. */
export function progressBar(percent: number, label: string, columns: number, tick: number): string {
  const full = Math.round((percent / 100) * cells)
  const head = `${frames[tick % frames.length]} `
  const number = ` ${String(percent).padStart(3)}%  `
  const room = columns - head.length - cells - number.length
  return `${paint('cyan', head)}${paint('green', '█'.repeat(full))}${paint('dim', '░'.repeat(cells - full))}${number}${cutTo(label, Math.max(8, room))}`
}
