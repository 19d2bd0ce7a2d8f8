import { Command } from 'commander'
import type { Context } from '../context.ts'
import { converse } from '../conversation/converse.ts'
import { readGivenAnswers } from '../conversation/given-answers.ts'
import { findInstance } from '../find-instance.ts'

export const watchCommand = (contextOf: () => Context): Command =>
  new Command('watch')
    .description('join a run: see how it goes, and answer what it asks')
    .argument('<instance>', 'its id, or the beginning of it')
    .option('--out <folder>', 'where results are saved')
    .action(async (given: string, { out }: { out?: string }) => {
      const context = contextOf()
      const instanceUuid = await findInstance(given, context.client)
      const exitCode = await converse(instanceUuid, context, {
        answers: readGivenAnswers(),
        approve: false,
        unanswered: 'wait',
        out,
      })
      context.end(exitCode)
    })
