import { Command } from 'commander'
import { callOf } from '../call-of.ts'
import type { Context } from '../context.ts'
import { joinRun } from '../conversation/join-run.ts'
import { shortId } from '../conversation/names.ts'
import { findInstance } from '../find-instance.ts'

export const retryCommand = (contextOf: () => Context): Command =>
  new Command('retry')
    .description('let a failed run go on from the step it failed at')
    .argument('<instance>', 'its id, or the beginning of it')
    .action(async (given: string) => {
      const context = contextOf()
      await retryRun(await findInstance(given, context.client), context)
    })

/** Takes a failed run up again; on a terminal it is followed. */
export async function retryRun(instanceUuid: string, context: Context): Promise<void> {
  const { client, dialogue, print } = context
  const retried = await client.retry(instanceUuid)
  if (dialogue) return joinRun(instanceUuid, context)
  print([`The run goes on: ${callOf(`watch ${shortId(instanceUuid)}`, client)}`], retried)
}
