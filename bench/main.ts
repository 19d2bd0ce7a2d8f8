import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Figure, isMet, tableOf } from './figures.ts'
import type { PartOrder } from './order.ts'
import { measureGuided } from './parts/guided.ts'
import { measureKnowledge } from './parts/knowledge.ts'
import { measureLive } from './parts/live.ts'
import { measureSession } from './parts/session.ts'
import { measureTuned } from './parts/tuned.ts'
import { measureTurn } from './parts/turn.ts'
import { measureWaiting } from './parts/waiting.ts'
import { closeAll } from './place.ts'
import { type Asked, type PartName, readOrder, usage } from './read-order.ts'

const measure = {
  guided: measureGuided,
  turn: measureTurn,
  session: measureSession,
  live: measureLive,
  tuned: measureTuned,
  waiting: measureWaiting,
  knowledge: measureKnowledge,
} satisfies Record<PartName, (order: PartOrder) => Promise<Figure[]>>

const say = (line: string) => process.stdout.write(`${line}\n`)

const code = await main().catch(async (problem: unknown) => {
  await closeAll()
  process.stderr.write(`\n✗ ${problem instanceof Error ? problem.message : problem}\n`)
  return 1
})
process.exit(code)

/** Gives the exit code: 0 when every target was met. */
async function main(): Promise<number> {
  const asked = readAsked()
  if (typeof asked === 'number') return asked
  const temporalCli = process.env.TEMPORAL_CLI_PATH
  if (!temporalCli) throw new Error('Start it with `npm run bench`, which brings the Temporal CLI.')
  stopOnSignals()
  const figures: Figure[] = []
  for (const name of asked.only) {
    say(`Measuring: ${name}`)
    figures.push(...(await measure[name]({ ...asked, temporalCli, say })))
  }
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'processor'}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`
  say(`\n${machine}\n\n${tableOf(figures)}\n`)
  say(`Kept in ${keep({ machine, figures })}`)
  return figures.some((figure) => isMet(figure) === false) ? 1 : 0
}

function readAsked(): Asked | number {
  try {
    const asked = readOrder(process.argv.slice(2))
    if (!asked.isHelp) return asked
    say(usage)
    return 0
  } catch (problem) {
    process.stderr.write(`✗ ${problem instanceof Error ? problem.message : problem}\n\n${usage}\n`)
    return 2
  }
}

/** For comparing with later ones; not part of the repository. */
function keep(result: object): string {
  const folder = fileURLToPath(new URL('results', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const at = new Date().toISOString()
  const file = join(folder, `${at.replaceAll(':', '-')}.json`)
  writeFileSync(file, `${JSON.stringify({ at, ...result }, null, 2)}\n`)
  return file
}

/** Ctrl-C ends every process that was started, and removes what they stored; pressed again, at once. */
function stopOnSignals(): void {
  let asked: number | undefined
  const stop = async () => {
    if (asked !== undefined) {
      // One press can arrive twice, from the terminal and from npm.
      if (Date.now() - asked > 500) process.exit(130)
      return
    }
    asked = Date.now()
    say('\nStopping …')
    await closeAll()
    process.exit(130)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop())
}
