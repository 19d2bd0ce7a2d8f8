import type { Token } from 'marked'
import type { Chart, Slide } from '../../../shared/contract/slides.ts'
import { parseChart } from './content/parse-chart.ts'
import { isChart, parseMarkdown, readTokens } from './content/parse-markdown.ts'
import { splitTitle } from './content/split-title.ts'
import { showDate } from './look/show-date.ts'
import type { DocumentRequest, Writer } from './port.ts'

/** Markdown for people: the builder's own text, with charts as tables and the title and origin around it. */
export const writeMarkdown: Writer = async (request) => {
  const body = request.content?.trim()
    ? chartsAsTables(request.content)
    : (request.slides ?? []).map(slideAsMarkdown).join('\n\n')
  const blocks = parseMarkdown(body)
  const hasTitle = splitTitle(request.name, blocks).blocks.length < blocks.length
  const text = [hasTitle ? '' : `# ${request.name}`, body.trim(), '---', origin(request)]
  return {
    bytes: new TextEncoder().encode(`${text.filter(Boolean).join('\n\n')}\n`),
    mediaType: 'text/markdown; charset=utf-8',
    extension: 'md',
  }
}

/** The label, if there is one, is the last line. */
const origin = ({ brand, date, timeZone, label }: DocumentRequest): string =>
  [`*${brand.name} · ${showDate(date, timeZone)}*`, ...(label ? [`*${label}*`] : [])].join('\n\n')

const chartsAsTables = (markdown: string, place?: string): string => {
  parseMarkdown(markdown, place) // a bad chart anywhere, also inside a list, is refused as in the other formats
  const tokens = readTokens(markdown)
  let charts = 0
  const parts = tokens.map((token, index) => {
    if (!isChart(token)) return token.raw
    const table = chartAsTable(parseChart(token.text, `Chart ${++charts}`))
    // Without an empty line the next words would become a row.
    return tokens[index + 1]?.type === 'space' ? table : `${table}\n\n`
  })
  return parts.join('') + openFence(tokens.at(-1))
}

/** Code that was never closed would swallow what follows. */
const openFence = (last: Token | undefined): string => {
  const fence = last?.type === 'code' && /^ {0,3}(`{3,}|~{3,})/.exec(last.raw)?.[1]
  return fence && !last.raw.trimEnd().endsWith(`\n${fence}`) ? `\n${fence}` : ''
}

const chartAsTable = ({ title, labels, series }: Chart): string => {
  const row = (cells: (string | number)[]) =>
    `| ${cells
      .map((cell) =>
        String(cell)
          .replace(/\s*\n\s*/g, ' ')
          .replaceAll('|', '\\|'),
      )
      .join(' | ')} |`
  return [
    ...(title ? [`**${title.trim()}**`, ''] : []),
    row(['', ...series.map((one) => one.name)]),
    row(['---', ...series.map(() => '--:')]),
    ...labels.map((label, index) => row([label, ...series.map((one) => one.values[index] ?? '')])),
  ].join('\n')
}

const slideAsMarkdown = ({ title, body, chart, notes }: Slide, index: number): string =>
  [
    title.trim() && `${index === 0 ? '#' : '##'} ${title.replace(/\s+/g, ' ').trim()}`,
    body?.trim() && chartsAsTables(body, `slide ${index + 1}`).trim(),
    chart && chartAsTable(chart),
    notes?.trim() && `Notes: ${notes.trim()}`.replace(/^/gm, '> '),
  ]
    .filter(Boolean)
    .join('\n\n')
