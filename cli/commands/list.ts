import { Command } from 'commander'
import { callOf } from '../call-of.ts'
import type { Context } from '../context.ts'
import { shortId } from '../conversation/names.ts'
import { catalogOf } from '../find-workflow.ts'
import { oneLine } from '../screen/plain.ts'
import { alignColumns } from '../screen/render-table.ts'
import { paint, wrap } from '../screen/spans.ts'

export const listCommand = (contextOf: () => Context): Command =>
  new Command('list')
    .description('workflows you can run, or with --runs what ran lately')
    .option('--runs', 'the latest runs, with how far they are')
    .option('--limit <count>', 'how many runs', '20')
    .action(async ({ runs, limit }: { runs?: boolean; limit: string }) => {
      const context = contextOf()
      await (runs
        ? listRuns(context, Math.max(1, Math.min(100, Number(limit) || 20)))
        : listWorkflows(context))
    })

async function listWorkflows({ client, screen, print }: Context): Promise<void> {
  const items = await catalogOf(client)
  const lines = items.flatMap(({ name, type, description, workflowId }) => [
    `${paint('bold', oneLine(name))}${type === 'chat_driven' ? paint('dim', '  (a conversation)') : ''}`,
    ...(description ? wrap(oneLine(description, 500), screen.columns - 2).map((line) => `  ${line}`) : []),
    paint('dim', `  ${workflowId}`),
  ])
  print(items.length > 0 ? lines : ['No workflow is published that you may run.'], { items })
}

async function listRuns({ client, screen, print, dialogue }: Context, limit: number): Promise<void> {
  const { items } = await client.instances({ limit })
  const rows = items.map(({ instanceUuid, progress, status, startedAt, workflowName, currentStep }) => [
    shortId(instanceUuid),
    `${progress}%`.padStart(4),
    status,
    when(startedAt),
    `${oneLine(workflowName)}${currentStep ? ` · ${oneLine(currentStep.title)}` : ''}`,
  ])
  print(
    items.length > 0
      ? [
          ...alignColumns(rows, screen.columns),
          ...(dialogue ? [paint('dim', `What can be done with one: ${callOf('open <id>', client)}`)] : []),
        ]
      : [`You have no runs yet. Start one: ${callOf('run', client)}`],
    {
      items,
    },
  )
}

/** Local time, short: the hour today, else the day. */
export function when(iso: string, now = new Date()): string {
  const at = new Date(iso)
  const pad = (value: number) => String(value).padStart(2, '0')
  const isToday = at.toDateString() === now.toDateString()
  return isToday
    ? `${pad(at.getHours())}:${pad(at.getMinutes())}`
    : `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`
}
