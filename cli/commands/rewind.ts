import { randomUUID } from 'node:crypto'
import { Command } from 'commander'
import { type AskedRequest, HttpProblem, type ParleyHttp, type Rewound } from '../../client/http.ts'
import { type AnswerValue, describeAnswer } from '../../shared/contract/answer.ts'
import { callOf } from '../call-of.ts'
import type { Context } from '../context.ts'
import { askQuestion } from '../conversation/ask-question.ts'
import { joinRun } from '../conversation/join-run.ts'
import { shortId } from '../conversation/names.ts'
import { findInstance } from '../find-instance.ts'
import type { AnswerBody, Dialogue } from '../prompts/dialogue.ts'
import { cleanPath, pathProblem } from '../prompts/find-path.ts'
import { uploadFiles } from '../prompts/upload-files.ts'
import { oneLine } from '../screen/plain.ts'
import { paint } from '../screen/spans.ts'
import { UsageError } from '../usage-error.ts'
import { when } from './list.ts'

interface RewindOptions {
  request?: string
  answer?: string
  file?: string[]
}

const collect = (value: string, before: string[] = []): string[] => [...before, value]

export const rewindCommand = (contextOf: () => Context): Command =>
  new Command('rewind')
    .description('answer an earlier question anew: a new run goes on from there')
    .argument('<instance>', 'the id of the run, or the beginning of it')
    .option('--request <question>', 'which question: its number in the list, or its id')
    .option('--answer <words>', 'the new answer, in words')
    .option('--file <path>', 'a file as the new answer (repeatable)', collect)
    .action(async (given: string, options: RewindOptions) => {
      const context = contextOf()
      await rewindRun(await findInstance(given, context.client), context, options)
    })

/** Makes a new run from an earlier answer, tells what was done outside already, and follows the new run on a terminal. */
export async function rewindRun(
  instanceUuid: string,
  context: Context,
  { request, answer, file = [] }: RewindOptions = {},
): Promise<void> {
  const { client, dialogue, print, screen } = context
  const paths = file.map((path) => cleanPath(path))
  for (const path of paths) {
    const problem = pathProblem(path)
    if (problem) throw new UsageError(problem)
  }
  const asked = await questionsOf(instanceUuid, client)
  const question = await chosen(asked, request, context)
  const given =
    paths.length > 0
      ? { fileIds: await uploadFiles(paths, client, screen) }
      : answer === undefined
        ? undefined
        : { value: answer }
  const rewound = given
    ? await client.rewind(instanceUuid, { requestId: question.requestId, ...given })
    : await askAnew(instanceUuid, question, dialogue)
  const lines = effectLines(rewound)
  if (!dialogue) {
    const watch = callOf(`watch ${shortId(rewound.instanceUuid)}`, client)
    print([...lines, `A new run goes on from there: ${watch}`], rewound)
    return
  }
  for (const line of lines) screen.say(line)
  screen.say(paint('dim', `A new run goes on from there: ${shortId(rewound.instanceUuid)}`))
  await joinRun(rewound.instanceUuid, context)
}

/** The questions that a run can be rewound to, oldest first. */
async function questionsOf(instanceUuid: string, client: ParleyHttp): Promise<AskedRequest[]> {
  const found: AskedRequest[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await client.requests(instanceUuid, { limit: 100, ...(cursor ? { cursor } : {}) })
    found.push(...page.items.filter(({ canRewind }) => canRewind))
    cursor = page.nextCursor
  }
  if (found.length === 0)
    throw new UsageError('No question of this run was answered that you may answer anew.')
  return found
}

async function chosen(
  asked: AskedRequest[],
  given: string | undefined,
  { dialogue }: Context,
): Promise<AskedRequest> {
  const numbered = asked.map((one, index) => `${index + 1}. ${oneLine(one.question, 60)}`)
  if (given !== undefined) {
    const found = /^\d{1,4}$/.test(given)
      ? asked.slice(Number(given) - 1, Number(given) || 0)
      : asked.filter(({ requestId }) => requestId.startsWith(given.toLowerCase()))
    const [only, ...others] = found
    if (only && others.length === 0) return only
    throw new UsageError(
      `${only ? 'Several questions fit' : 'No answered question is'} ${given}. There are: ${numbered.join(' ')}`,
    )
  }
  if (dialogue)
    return dialogue.prompts.select({
      message: 'Which answer should be another one?',
      choices: asked.map((one, index) => ({
        value: one,
        label: numbered[index] ?? '',
        hint: answerOf(one),
      })),
    })
  throw new UsageError(
    `Say which question with --request, and give the new answer with --answer or --file: ${numbered.join(' ')}`,
  )
}

/** What was answered, in short. */
const answerOf = ({ value, answer }: AskedRequest): string =>
  answer && value !== null && value !== undefined
    ? oneLine(describeAnswer(value as AnswerValue, answer, 'UTC'), 60)
    : ''

/** Asks until an answer fits. What does not is refused by the server, with the reason. */
async function askAnew(
  instanceUuid: string,
  question: AskedRequest,
  dialogue: Dialogue | undefined,
): Promise<Rewound> {
  if (!dialogue) throw new UsageError('Give the new answer with --answer, or files with --file.')
  const { signal } = new AbortController()
  let before: string | undefined
  for (let previous: AnswerBody | undefined; ; ) {
    const body = await askQuestion({ request: question, before, previous, signal }, dialogue)
    try {
      return await dialogue.client.rewind(
        instanceUuid,
        { requestId: question.requestId, ...body },
        { idempotencyKey: randomUUID() },
      )
    } catch (error) {
      if (!(error instanceof HttpProblem && (error.status === 422 || error.status === 413))) throw error
      dialogue.screen.say(paint('yellow', oneLine(error.detail, 1_000)))
      previous = body
      before = 'value' in body && typeof body.value === 'string' ? body.value : undefined
    }
  }
}

function effectLines({ effects }: Rewound): string[] {
  if (effects.length === 0) return []
  return [
    'Done by the earlier run since then. It is not undone, and the new run may do it again:',
    ...effects.map(
      ({ kind, path, state, at }) =>
        `  ${oneLine(kind)}  ${oneLine(path)}  ${when(at)}${state === 'done' ? '' : '  (it is not known whether it arrived)'}`,
    ),
  ]
}
