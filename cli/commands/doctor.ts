import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { ParleyHttp } from '../../client/http.ts'
import { createContext, type GlobalOptions } from '../context.ts'
import { checkEnvironment } from '../doctor/check-environment.ts'
import { checkServer } from '../doctor/check-server.ts'
import { checkTemporal } from '../doctor/check-temporal.ts'
import { broken, type Finding, ok } from '../doctor/finding.ts'
import { paint, wrap } from '../screen/spans.ts'
import { columnsOf, type Terminal } from '../screen/terminal.ts'
import { padTo } from '../screen/width.ts'
import { exitCodes, UsageError } from '../usage-error.ts'

const nameWidth = 17
const marks = { ok: ['green', '✔'], note: ['yellow', '•'], broken: ['red', '✘'] } as const

export const doctorCommand = (contextOf: () => Context, optionsOf: () => GlobalOptions, terminal: Terminal, end: (exitCode: number) => void): Command =>
  new Command('doctor')
    .description('what is configured, what is missing, and how to get it')
    .action(async () => {
      const options = optionsOf()
      const findings = [
        ...versions(),
        ...checkEnvironment(process.env),
        ...(await reachable(options, terminal)),
      ]
      const failed = findings.some(({ state }) => state === 'broken')
      if (options.json) terminal.output.write(`${JSON.stringify({ ok: !failed, findings })}\n`)
      else
        for (const finding of findings)
          terminal.output.write(`${linesOf(finding, columnsOf(terminal)).join('\n')}\n`)
      if (failed) process.exitCode = exitCodes.failed
    })

async function reachable(options: GlobalOptions, terminal: Terminal): Promise<Finding[]> {
  let client: ParleyHttp
  try {
    client = createContext(options, terminal).client
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return [broken('API', error.message)]
  }
  const [server, temporal] = await Promise.all([
    checkServer(client, options.url !== undefined),
    checkTemporal(process.env),
  ])
  // What the API says of its own connection goes before what is seen from here.
  return [...server, ...temporal.filter(({ name }) => !server.some((one) => one.name === name))]
}

function versions(): Finding[] {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const [major = 0] = process.versions.node.split('.').map(Number)
  const what = `Parley ${version}, Node ${process.versions.node}`
  return [
    major >= 24
      ? ok('Versions', what)
      : broken('Versions', what, 'Node 24 is needed: npm run parley brings its own'),
  ]
}

function linesOf({ name, state, detail, advice }: Finding, columns: number): string[] {
  const [colour, mark] = marks[state]
  const indent = ' '.repeat(nameWidth + 2)
  const room = columns - indent.length
  const [first = '', ...more] = wrap(detail, room)
  return [
    `${paint(colour, mark)} ${paint('bold', padTo(name, nameWidth))}${first}`,
    ...more.map((line) => indent + line),
    ...(advice ? wrap(advice, room).map((line) => indent + paint('dim', line)) : []),
  ]
}
