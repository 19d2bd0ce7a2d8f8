import type { Chart } from '../../../../shared/contract/slides.ts'
import { type Block, textOf } from '../../documents/content/blocks.ts'
import { parseMarkdown } from '../../documents/content/parse-markdown.ts'
import { linesOfBlocks } from './plain-text.ts'
import { CardProblem } from './problem.ts'

/** One side of a comparison. */
export interface Side {
  name: string
  /** Said large: the first line, where it is a number. */
  figure?: string
  lines: string[]
}

const expected =
  'A comparison has two to four sides: write a Markdown heading for each ("## Before … ## After …"), a line of --- between them, a table with a column for each, or a list of "name: text".'

/** The sides that a text tells apart, or those of a chart's numbers. Fails with `CardProblem` when there are not two to four. */
export function readSides(text: string, chart: Chart | undefined): Side[] {
  const sides = text.trim() ? sidesOfText(text) : chart ? sidesOfChart(chart) : []
  if (sides.length >= 2 && sides.length <= 4) return sides.map(withFigure)
  throw new CardProblem(`${expected} This one has ${sides.length}.`)
}

function sidesOfText(text: string): Side[] {
  const parts = text
    .split(/^[ \t]*(?:-{3,}|\*{3,}|_{3,}|vs\.?|versus)[ \t]*$/im)
    .map((part) => part.trim())
    .filter(Boolean)
  if (parts.length > 1) return parts.map((part) => sideOf(parseMarkdown(part)))
  const blocks = parseMarkdown(text)
  const table = blocks.find((block) => block.kind === 'table')
  if (table) return sidesOfTable(table)
  if (blocks.filter((block) => block.kind === 'heading').length > 1) return underHeadings(blocks)
  const lines = linesOfBlocks(blocks, '').flatMap((line) => line.split('\n'))
  const named = lines.length > 1 ? lines : (lines[0] ?? '').split(/\s+(?:vs\.?|versus)\s+|\s+\|\s+/i)
  return named.filter((line) => line.trim()).map(namedLine)
}

/** `Before: two hours`, or a line that is all there is to say. */
function namedLine(line: string): Side {
  const [, name, rest] = /^([^:]{1,40}):\s+(.+)$/.exec(line.trim()) ?? []
  return name && rest ? { name, lines: [rest] } : { name: '', lines: [line.trim()] }
}

/** The first line is the side's name when it is a heading, or short and others follow. */
function sideOf(blocks: Block[]): Side {
  const [first = '', ...others] = linesOfBlocks(blocks).flatMap((line) => line.split('\n'))
  const isName = blocks[0]?.kind === 'heading' || (others.length > 0 && first.length <= 40)
  return isName ? { name: first, lines: others } : namedLine([first, ...others].join('\n'))
}

/** What stands before the first heading belongs to no side, and is left to the card's title. */
function underHeadings(blocks: Block[]): Side[] {
  const groups: Block[][] = []
  for (const block of blocks) {
    if (block.kind === 'heading') groups.push([block])
    else groups.at(-1)?.push(block)
  }
  return groups.map(sideOf)
}

/** A column for each side; with more than two columns the first one names the rows. */
function sidesOfTable({ header, rows }: Extract<Block, { kind: 'table' }>): Side[] {
  const hasNames = header.length > 2 || textOf(header[0] ?? []).trim() === ''
  return header.slice(hasNames ? 1 : 0).map((cell, index) => ({
    name: textOf(cell),
    lines: rows.map((cells) => {
      const value = textOf(cells[index + (hasNames ? 1 : 0)] ?? [])
      const name = hasNames ? textOf(cells[0] ?? []) : ''
      return name ? `${name}: ${value}` : value
    }),
  }))
}

const sidesOfChart = ({ labels, series }: Chart): Side[] =>
  labels.map((label, index) => ({
    name: label,
    lines: series.map(({ name, values }) => {
      const value = (values[index] ?? 0).toLocaleString('en-US', { maximumFractionDigits: 2 })
      return series.length > 1 && name ? `${name}: ${value}` : value
    }),
  }))

/** A line of digits, with its unit: `1.9 %`, `€ 12,000`, `3 days`. */
const figure = /^(?=.*\d)[\p{Sc}\d][^\n]{0,11}$/u

const withFigure = (side: Side): Side => {
  const [first, ...others] = side.lines
  return first !== undefined && figure.test(first) ? { ...side, figure: first, lines: others } : side
}
