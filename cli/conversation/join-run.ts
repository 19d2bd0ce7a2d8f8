import type { Context } from '../context.ts'
import { converse } from './converse.ts'
import { readGivenAnswers } from './given-answers.ts'

/** Joins a run that is under way: how it ends is how the command ends. What nobody here can answer is left to others. */
export async function joinRun(instanceUuid: string, context: Context, out?: string): Promise<void> {
  const exitCode = await converse(instanceUuid, context, {
    answers: readGivenAnswers(),
    approve: false,
    unanswered: 'wait',
    out,
  })
  context.end(exitCode)
}
