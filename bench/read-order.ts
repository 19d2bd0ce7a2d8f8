import { parseArgs } from 'node:util'
import { full, type PartOrder, short } from './order.ts'

export const parts = ['guided', 'turn', 'session', 'live', 'tuned', 'waiting', 'knowledge'] as const
export type PartName = (typeof parts)[number]

export const usage = `npm run bench -- [options]
  --only guided,turn,live   just these parts, of ${parts.join(', ')}
  --waiting 10000           how many runs wait in the part "waiting"
  --messages 3000           how many messages the conversation of the part "session" has
  --short                   a few minutes, rough figures
  --help                    this text`

export type Asked = { only: PartName[]; isHelp: boolean } & Omit<PartOrder, 'temporalCli' | 'say'>

/** What the command line asks for. @throws Error with what was expected */
export function readOrder(args: string[]): Asked {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      waiting: { type: 'string' },
      messages: { type: 'string' },
      short: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const size = values.short ? short : full
  const runs = values.waiting === undefined ? size.waiting.runs : Number(values.waiting)
  if (!Number.isInteger(runs) || runs < 2)
    throw new Error(`--waiting takes a number of runs from 2 on, not “${values.waiting}”`)
  const messages = values.messages === undefined ? size.session.messages : Number(values.messages)
  if (!Number.isInteger(messages) || messages < 2)
    throw new Error(`--messages takes a number of messages from 2 on, not “${values.messages}”`)
  const only = values.only?.split(',').map((name) => name.trim()) ?? [...parts]
  const strange = only.find((name) => !parts.includes(name as PartName))
  if (strange !== undefined)
    throw new Error(`--only takes ${parts.join(', ')}, with commas between, not “${strange}”`)
  return {
    ...size,
    waiting: { ...size.waiting, runs, wakes: Math.min(size.waiting.wakes, runs) },
    session: { messages, compared: Math.min(size.session.compared, Math.floor(messages / 2)) },
    only: only as PartName[],
    isHelp: values.help,
  }
}
