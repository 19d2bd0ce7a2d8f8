import { Command } from 'commander'
import type { Instance } from '../../client/http.ts'
import { callOf } from '../call-of.ts'
import type { Context } from '../context.ts'
import { joinRun } from '../conversation/join-run.ts'
import { shortId } from '../conversation/names.ts'
import { findInstance } from '../find-instance.ts'
import { oneLine } from '../screen/plain.ts'
import { Interrupted } from '../screen/prompts.ts'
import { alignColumns } from '../screen/render-table.ts'
import { paint } from '../screen/spans.ts'
import { cancelRun } from './cancel.ts'
import { exportTo } from './export.ts'
import { showLog } from './log.ts'
import { retryRun } from './retry.ts'
import { rewindRun } from './rewind.ts'

interface Move {
  label: string
  /** The command that does the same. */
  command: string
  act(instanceUuid: string, context: Context): Promise<void>
}

export const openCommand = (contextOf: () => Context): Command =>
  new Command('open')
    .description('where a run is found, and what can be done with it now')
    .argument('<instance>', 'its id, or the beginning of it')
    .action(async (given: string) => {
      const context = contextOf()
      const { client, dialogue, print } = context
      const instance = await client.instance(await findInstance(given, client))
      const moves = movesOf(instance)
      const link = `${client.baseUrl}${instance.href}`
      const commands = moves.map(({ label, command }) => [
        `  ${label}`,
        callOf(`${command} ${shortId(instance.instanceUuid)}`, client),
      ])
      print(
        [
          `${paint('bold', oneLine(instance.workflowName))}  ${instance.status} at ${instance.progress}%  ${paint('dim', instance.instanceUuid)}`,
          `  Link         ${link}`,
          `  Temporal UI  ${instance.temporal.url ?? 'none is configured (TEMPORAL_UI_URL)'}`,
          ...(dialogue ? [] : alignColumns(commands, 1_000)),
        ],
        { instanceUuid: instance.instanceUuid, link, temporal: instance.temporal, actions: instance.actions },
      )
      if (dialogue) await choose(moves, instance.instanceUuid, context)
    })

function movesOf({ actions, finishedAt }: Instance): Move[] {
  const may = new Set(actions)
  const asks = may.has('answer') || may.has('decide')
  return [
    ...(finishedAt === null
      ? [{ label: asks ? 'Join and reply' : 'Watch', command: 'watch', act: joinRun }]
      : []),
    ...(may.has('retry') ? [{ label: 'Retry', command: 'retry', act: retryRun }] : []),
    ...(may.has('rewind')
      ? [{ label: 'Give an earlier answer anew', command: 'rewind', act: rewindRun }]
      : []),
    { label: 'Log', command: 'log', act: showLog },
    ...(may.has('export') ? [{ label: 'Export', command: 'export', act: exportTo }] : []),
    ...(may.has('cancel') ? [{ label: 'Cancel', command: 'cancel', act: cancelRun }] : []),
  ]
}

async function choose(moves: Move[], instanceUuid: string, context: Context): Promise<void> {
  const nothing = { label: 'Nothing', command: '', act: async () => {} }
  try {
    const move = await context.dialogue?.prompts.select<Move>({
      message: 'What would you like to do?',
      choices: [...moves, nothing].map((value) => ({ value, label: value.label })),
    })
    await move?.act(instanceUuid, context)
  } catch (error) {
    // Ctrl-C in the menu means nothing, too.
    if (!(error instanceof Interrupted)) throw error
  }
}
