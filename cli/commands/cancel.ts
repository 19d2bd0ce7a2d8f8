import { Command } from 'commander'
import type { Context } from '../context.ts'
import { findInstance } from '../find-instance.ts'

export const cancelCommand = (contextOf: () => Context): Command =>
  new Command('cancel')
    .description('cancel a run, cleanly, whatever it is doing')
    .argument('<instance>', 'its id, or the beginning of it')
    .action(async (given: string) => {
      const context = contextOf()
      await cancelRun(await findInstance(given, context.client), context)
    })

export async function cancelRun(instanceUuid: string, { client, print }: Context): Promise<void> {
  print(['The run is being cancelled.'], await client.cancel(instanceUuid))
}
