import { Command } from 'commander'
import type { Context } from '../context.ts'
import { nameOf } from '../conversation/names.ts'
import { findInstance } from '../find-instance.ts'
import { cleanPath, pathProblem } from '../prompts/find-path.ts'
import { uploadFiles } from '../prompts/upload-files.ts'
import { UsageError } from '../usage-error.ts'

const collect = (value: string, before: string[] = []): string[] => [...before, value]

export const answerCommand = (contextOf: () => Context): Command =>
  new Command('answer')
    .description('answer a question that a run asks')
    .argument('<instance>', 'the id of the run, or the beginning of it')
    .argument('[value...]', 'the answer, in words')
    .option('--request <id>', 'which question, when several are open')
    .option('--file <path>', 'a file as the answer (repeatable)', collect)
    .action(
      async (
        given: string,
        words: string[],
        { request, file = [] }: { request?: string; file?: string[] },
      ) => {
        const { client, screen, print } = contextOf()
        if (words.length === 0 && file.length === 0)
          throw new UsageError('Give the answer, or a file with --file.')
        const paths = file.map((path) => cleanPath(path))
        for (const path of paths) {
          const problem = pathProblem(path)
          if (problem) throw new UsageError(problem)
        }
        const instanceUuid = await findInstance(given, client)
        const asked = await requestOf(instanceUuid, request, client)
        const body =
          paths.length > 0
            ? { fileIds: await uploadFiles(paths, client, screen) }
            : { value: words.join(' ') }
        const answered = await client.answer(asked.instanceUuid, {
          ...(asked.requestId ? { requestId: asked.requestId } : {}),
          ...body,
        })
        print(['Answered.'], answered)
      },
    )

/** The question that is meant: it may be one of a subworkflow, and is then answered there. An id may be cut short. */
async function requestOf(
  instanceUuid: string,
  given: string | undefined,
  client: Context['client'],
): Promise<{ instanceUuid: string; requestId: string | undefined }> {
  const { requests, startedBy } = await client.instance(instanceUuid)
  const questions = requests.filter(({ kind }) => kind === 'answer')
  const meant =
    given === undefined ? questions : questions.filter(({ requestId }) => requestId.startsWith(given))
  if (meant.length > 1)
    throw new UsageError(
      `Several questions are open, say which with --request: ${meant.map(({ requestId, question }) => `${requestId} (${question})`).join(', ')}`,
    )
  if (given !== undefined && meant.length === 0)
    throw new UsageError(
      `No question ${given} is open in this run${startedBy ? ` of ${nameOf(startedBy)}` : ''}.`,
    )
  // Without an open question the server says how the run stands.
  return { instanceUuid: meant[0]?.instanceUuid ?? instanceUuid, requestId: meant[0]?.requestId }
}
