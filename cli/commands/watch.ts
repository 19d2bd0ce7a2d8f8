import { Command } from 'commander'
import type { Context } from '../context.ts'
import { joinRun } from '../conversation/join-run.ts'
import { findInstance } from '../find-instance.ts'

export const watchCommand = (contextOf: () => Context): Command =>
  new Command('watch')
    .description('join a run: see how it goes, and answer what it asks')
    .argument('<instance>', 'its id, or the beginning of it')
    .option('--out <folder>', 'where results are saved')
    .action(async (given: string, { out }: { out?: string }) => {
      const context = contextOf()
      await joinRun(await findInstance(given, context.client), context, out)
    })
