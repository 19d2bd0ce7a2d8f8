import { basename } from 'node:path'
import { HttpProblem } from '../../client/http.ts'
import { paint } from '../screen/spans.ts'
import type { Asker, Dialogue, Question } from './dialogue.ts'
import { cleanPath, hasEnding, pathProblem, suggestPaths } from './find-path.ts'
import { uploadFiles } from './upload-files.ts'

/** Nothing more to give, where several files are asked for. */
const done = ''

/** Paths of files, which are then uploaded. A file that is not there or is refused is asked for again, with the reason. */
export const askFile: Asker<'file'> = async (question, dialogue) => {
  for (;;) {
    const paths = await askPaths(question, dialogue)
    try {
      return { fileIds: await uploadFiles(paths, dialogue.client, dialogue.screen) }
    } catch (error) {
      const reason = refusalOf(error)
      if (reason === undefined) throw error
      dialogue.screen.say(paint('yellow', reason))
    }
  }
}

async function askPaths(
  { message, signal, kind }: Question<'file'>,
  { prompts }: Dialogue,
): Promise<string[]> {
  const { accept, maxFiles = 1 } = kind
  const refuse = (value: string) => {
    if (value === done && paths.length > 0) return undefined
    if (value === done) return 'Please give the path of a file.'
    if (value.endsWith('/')) return undefined
    const path = cleanPath(value)
    return (
      pathProblem(path) ??
      (hasEnding(path, accept) ? undefined : `“${basename(path)}” does not end in ${accept?.join(' or ')}.`)
    )
  }
  // Only this one while nothing is typed, so that an empty line ends, whatever had the focus before.
  const suggestions = (typed: string) =>
    typed.trim() === '' && paths.length > 0
      ? [
          {
            value: done,
            label: `that is all (${paths.length} ${paths.length === 1 ? 'file' : 'files'})`,
            hint: 'or type another path',
          },
        ]
      : suggestPaths(typed, accept)
  const paths: string[] = []
  const hints = [accept?.join(', '), maxFiles > 1 ? `up to ${maxFiles} files` : undefined].filter(Boolean)
  let initial: string | undefined
  while (paths.length < maxFiles) {
    const head =
      paths.length === 0 ? `${message}${hints.length > 0 ? ` (${hints.join('; ')})` : ''}` : 'Another file?'
    const value = await prompts.suggest({ message: head, signal, initial, suggestions, refuse })
    if (value === done) break
    // A folder is a step on the way.
    initial = value.endsWith('/') ? value : undefined
    if (initial === undefined) paths.push(cleanPath(value))
  }
  return paths
}

/** Why a file cannot be taken, where another one may help. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof HttpProblem)
    return error.status === 413 || error.status === 415 || error.status === 422 ? error.detail : undefined
  const { code, path } = error as NodeJS.ErrnoException
  return code && path ? `${path} cannot be read (${code}).` : undefined
}
