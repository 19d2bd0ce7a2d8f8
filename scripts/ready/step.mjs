// One step on the way to ready, as the person at the terminal sees it: what it does, how long it may take, that it
// goes on, how it ended. Everything goes to stderr, so that stdout stays clean for `npm run parley -- … --json`.

/** A step that failed: what went wrong, and what to do about it. */
export class NotReady extends Error {
  /** @param {string} message @param {string} cure */
  constructor(message, cure) {
    super(message)
    this.cure = cure
  }
}

const TICK_MS = 1_000
const LINE_MS = 15_000 // where nobody watches a cursor (CI logs): often enough to see that it lives

/**
 * @template T
 * @param {string} title what it does
 * @param {string} expected how long it may take
 * @param {(note: (text: string) => void) => Promise<T>} work `note` shows where it is
 * @returns {Promise<T>}
 */
export async function step(title, expected, work) {
  const since = Date.now()
  const elapsed = () => `${Math.round((Date.now() - since) / 1000)} s`
  const onTerminal = process.stderr.isTTY === true
  let where = ''
  const rewrite = (text) =>
    process.stderr.write(`\r\x1b[2K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`)
  const show = () => {
    const progress = `${elapsed()}${where && `, ${where}`}`
    if (onTerminal) rewrite(`… ${title} (${expected}): ${progress}`)
    else process.stderr.write(`  still at it: ${progress}\n`)
  }

  process.stderr.write(`… ${title} (${expected})${onTerminal ? '' : '\n'}`)
  const ticking = setInterval(show, onTerminal ? TICK_MS : LINE_MS)
  try {
    const result = await work((text) => {
      where = text
    })
    const done = `✓ ${title}, ${elapsed()}`
    if (onTerminal) rewrite(`${done}\n`)
    else process.stderr.write(`${done}\n`)
    return result
  } catch (error) {
    if (onTerminal) process.stderr.write('\n')
    throw error
  } finally {
    clearInterval(ticking)
  }
}
