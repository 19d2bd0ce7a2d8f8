import { parseArgs } from 'node:util'
import { full, type PartOrder, short } from './order.ts'

export const parts = ['guided', 'tuned', 'waiting', 'knowledge'] as const
export type PartName = (typeof parts)[number]

export const usage = `npm run bench -- [options]
  --only guided,knowledge       just these parts, of guided, tuned, waiting, knowledge
  --waiting 10000               how many runs wait in the part "waiting"
  --short                       a few minutes, rough figures
  --help                        this text`

export type Asked = { only: PartName[]; isHelp: boolean } & Pick<PartOrder, 'alone' | 'crowd' | 'waiting'>

/** What the command line asks for. @throws Error with what was expected */
export function readOrder(args: string[]): Asked {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      waiting: { type: 'string' },
      short: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const size = values.short ? short : full
  const runs = values.waiting === undefined ? size.waiting.runs : Number(values.waiting)
  if (!Number.isInteger(runs) || runs < 2)
    throw new Error(`--waiting takes a number of runs from 2 on, not “${values.waiting}”`)
  const only = values.only?.split(',').map((name) => name.trim()) ?? [...parts]
  const strange = only.find((name) => !parts.includes(name as PartName))
  if (strange !== undefined)
    throw new Error(`--only takes ${parts.join(', ')}, with commas between, not “${strange}”`)
  return {
    ...size,
    waiting: { ...size.waiting, runs, wakes: Math.min(size.waiting.wakes, runs) },
    only: only as PartName[],
    isHelp: values.help,
  }
}
