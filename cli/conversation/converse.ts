import { join } from 'node:path'
import { callOf } from '../call-of.ts'
import type { Context } from '../context.ts'
import { exitCodes } from '../usage-error.ts'
import { type FollowOrder, followRun } from './follow-run.ts'
import type { GivenAnswers } from './given-answers.ts'
import { JsonLines } from './json-lines.ts'
import { shortId } from './names.ts'
import { patiently } from './run-feed.ts'
import { resultsFolder, saveResults } from './save-results.ts'
import { Transcript } from './transcript.ts'

export interface ConverseOptions extends Pick<FollowOrder, 'approve' | 'unanswered'> {
  answers: GivenAnswers
  /** Folder for the results. */
  out?: string | undefined
}

/** Converses with a run, saves what it made, and gives the exit code: 0 when it completed or was left running. */
export async function converse(
  instanceUuid: string,
  context: Context,
  { answers, approve, unanswered, out }: ConverseOptions,
): Promise<number> {
  const { client, screen, dialogue, json, terminal } = context
  const voice = json ? new JsonLines(terminal.output) : new Transcript(screen)
  const me = await patiently(() => client.me(), voice)
  const ending = await followRun({ client, instanceUuid, me, voice, dialogue, answers, approve, unanswered })
  if (ending === 'left') {
    const back = callOf(`watch ${shortId(instanceUuid)}`, client)
    screen.say(`It goes on in the background. Come back with: ${back}`)
    return exitCodes.ok
  }
  const instance = await patiently(() => client.instance(instanceUuid), voice)
  const saved = await saveResults(instance, client, out ?? join('.', resultsFolder(instance)))
  voice.ended(instance, saved)
  if (!json && instance.actions.includes('retry'))
    screen.say(`Let it go on from there: ${callOf(`retry ${shortId(instanceUuid)}`, client)}`)
  for (const key of answers.unused)
    terminal.errors.write(`No question asked for --answer ${key}: is that the id of a step?\n`)
  return instance.status === 'completed' ? exitCodes.ok : exitCodes.failed
}
