import { readFile } from 'node:fs/promises'
import { runWorkflowId } from '../../shared/temporal/names.ts'
import { createWorld, type World } from '../harness/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

/** The words of a command line, with what stands in quotes as one. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? (plain as string))

it('every command for a run that is stuck works as it stands in the runbook', async () => {
  const runbook = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const chapter = runbook.slice(runbook.indexOf('## A run that is stuck'))
  const commands = [...chapter.matchAll(/^temporal ([^#\n]+)/gm)].map(([, line]) => line as string)
  expect(commands.length).toBeGreaterThanOrEqual(7)
  for (const command of commands) {
    const run = await world.begin({
      steps: [{ id: 'q', type: 'ask', question: 'Well?', answer: { type: 'text' } }],
    })
    await world.request(run, 'q')
    const workflowId = runWorkflowId(world.workspaceId, run)
    await world.cli(...wordsOf(command.replace('$RUN', workflowId)))
  }
})
