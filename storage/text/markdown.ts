/** What every reader hands over: the document's blocks in reading order. They are written as Markdown, which models and people read alike. */
export type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'paragraph'; text: string }
  | { kind: 'item'; depth: number; marker: string; text: string }
  | { kind: 'table'; rows: string[][] }

/** `onBlock` hears where in the text each block begins. */
export const toMarkdown = <B extends Block>(
  blocks: readonly B[],
  onBlock?: (block: B, at: number) => void,
): string => {
  let text = ''
  let before: Block | undefined
  for (const block of blocks) {
    const written = write(block)
    if (written.trim() === '') continue
    // The items of one list stay together; everything else is set off by an empty line.
    if (before) text += before.kind === 'item' && block.kind === 'item' ? '\n' : '\n\n'
    onBlock?.(block, text.length)
    text += written
    before = block
  }
  return text
}

const write = (block: Block): string => {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(Math.min(6, block.level))} ${oneLine(block.text)}`
    case 'paragraph':
      return block.text.trim()
    case 'item':
      return `${'  '.repeat(block.depth)}${block.marker} ${block.text.trim().replaceAll('\n', `\n${'  '.repeat(block.depth + 1)}`)}`
    case 'table':
      return writeTable(block.rows)
  }
}

/** One row per line, all rows as wide as the widest; the first row is taken as the head, as Markdown needs one. */
const writeTable = (rows: readonly string[][]): string => {
  const filled = rows.filter((row) => row.some((cell) => cell.trim() !== ''))
  const width = filled.reduce((widest, row) => Math.max(widest, row.length), 0)
  const [head, ...body] = filled.map((row) =>
    Array.from({ length: width }, (_, column) => oneLine(row[column] ?? '').replaceAll('|', '\\|')),
  )
  if (!head) return ''
  if (width === 1) return [head, ...body].flat().join('\n')
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()
