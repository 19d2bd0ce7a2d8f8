/** One line of the table. */
export interface Figure {
  name: string
  ours: string
  /** What it is measured against in the same run. */
  against?: string
  /** What the target is about: the ratio where there is something to measure against, else the figure itself. */
  value?: number
  target?: ({ most: number } | { least: number }) & { unit?: string }
}

export const median = (values: readonly number[]): number => percentile(values, 50)

/** Nearest rank. */
export function percentile(values: readonly number[], rank: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = Math.max(0, Math.ceil((rank / 100) * sorted.length) - 1)
  return sorted[at] ?? Number.NaN
}

/** Whether a figure meets its target; undefined where it has none. */
export function isMet({ value, target }: Figure): boolean | undefined {
  if (!target || value === undefined) return undefined
  return 'most' in target ? value <= target.most : value >= target.least
}

export const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`

export const perSecond = (value: number): string => `${value.toFixed(1)}/s`

const shown = (target: NonNullable<Figure['target']>): string =>
  `${'most' in target ? `≤ ${target.most}` : `≥ ${target.least}`}${target.unit ? ` ${target.unit}` : ''}`

const heads = ['figure', 'Parley', 'against', 'ratio', 'target', '']

/** The figures as a Markdown table. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, ours, against = '', value, target } = figure
    const met = isMet(figure)
    return [
      name,
      ours,
      against,
      value === undefined || !against ? '' : value.toFixed(2),
      target ? shown(target) : '',
      met === undefined ? '' : met ? 'ok' : 'missed',
    ]
  })
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}
