import { Command } from 'commander'
import type { Context } from '../context.ts'
import { findInstance } from '../find-instance.ts'

export const cancelCommand = (contextOf: () => Context): Command =>
  new Command('cancel')
    .description('cancel a run, cleanly, whatever it is doing')
    .argument('<instance>', 'its id, or the beginning of it')
    .action(async (given: string) => {
      const { client, print } = contextOf()
      const cancelled = await client.cancel(await findInstance(given, client))
      print(['The run is being cancelled.'], cancelled)
    })
