import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { type Context, defaultUrl } from '../context.ts'
import { checkEnvironment } from '../doctor/check-environment.ts'
import { checkServer } from '../doctor/check-server.ts'
import { checkTemporal } from '../doctor/check-temporal.ts'
import { broken, type Finding, ok } from '../doctor/finding.ts'
import { paint, wrap } from '../screen/spans.ts'
import { columnsOf } from '../screen/terminal.ts'
import { padTo } from '../screen/width.ts'
import { exitCodes } from '../usage-error.ts'

const nameWidth = 17
const marks = { ok: ['green', '✔'], note: ['yellow', '•'], broken: ['red', '✘'] } as const

export const doctorCommand = (contextOf: () => Context): Command =>
  new Command('doctor')
    .description('what is configured, what is missing, and how to get it')
    .action(async () => {
      const { client, terminal, print, end } = contextOf()
      const server = await checkServer(client, client.baseUrl !== defaultUrl(process.env))
      const isReached = !server.some(({ name, state }) => state === 'broken' && name !== 'Access')
      const temporal = await checkTemporal(process.env, isReached)
      const findings = [
        ...versions(),
        ...checkEnvironment(process.env),
        ...server,
        // What the API says of its own connection goes before what is seen from here.
        ...temporal.filter(({ name }) => !server.some((one) => one.name === name)),
      ]
      const failed = findings.some(({ state }) => state === 'broken')
      print(
        findings.flatMap((finding) => linesOf(finding, columnsOf(terminal))),
        { ok: !failed, findings },
      )
      if (failed) end(exitCodes.failed)
    })

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
