import { type FileValue, mayHoldText } from '../shared/contract/file.ts'
import type { Json } from '../shared/contract/json.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import { splitTemplate } from '../shared/contract/template.ts'
import { type FileText, readFileText } from '../storage/read-file-text.ts'
import { filesOfRun } from '../storage/sql/files-of-run.ts'
import type { Deps } from './deps.ts'

/** Characters of all the files of a message together: a person's upload must not fill the window of every model. */
const mostCharacters = 60_000

/** The files that came with a message, as a prompt has them behind its words. */
export interface Attached {
  /** Nothing where no file came. */
  text: string
  /** For the log of the step: what stands in it for which file. */
  log: { input: { files?: Json }; logs: string[] }
}

export const noAttachments: Attached = { text: '', log: { input: {}, logs: [] } }

/** Whether a step's templates send the message as it is, and not only something made of it. */
export const namesMessage = (...templates: string[]): boolean =>
  templates.flatMap(splitTemplate).some((part) => 'source' in part && part.source === 'userMessage')

/** The files of the message for a step that sends it by one template. */
export const attachmentsOf = (
  deps: Pick<Deps, 'db' | 'assets'>,
  run: RunRef,
  template: string,
  most = mostCharacters,
): Promise<Attached> | Attached =>
  run.attachments && namesMessage(template) ? showAttachments(deps, run, most) : noAttachments

/**
 * The text in the files of a message. What is too long is cut; of a file without text that can be read, a picture for
 * one, the model is told that it came: nobody's turn fails for what they attached.
 */
export async function showAttachments(
  deps: Pick<Deps, 'db' | 'assets'>,
  run: RunRef,
  most = mostCharacters,
): Promise<Attached> {
  const ids = [...new Set((run.attachments ?? []).map(({ fileId }) => fileId))]
  if (ids.length === 0) return noAttachments
  const files = await filesOfRun(deps.db, run, ids)
  const logs = ids
    .filter((id) => files.every(({ fileId }) => fileId !== id))
    .map((id) => `No file that this turn may use has the id ${id}.`)
  const shown: { name: string; characters: number; truncated: boolean }[] = []
  const blocks: string[] = []
  let left = most
  for (const file of files) {
    const { name } = file
    const read = await textOf(deps, run, file)
    if (!read.ok) logs.push(`“${name}” came with the message, without its text: ${read.reason}`)
    const whole = read.ok ? read.text : ''
    const text = whole.slice(0, left).toWellFormed()
    left -= text.length
    const truncated = read.ok && (read.truncated || text.length < whole.length)
    if (truncated) logs.push(`“${name}” was cut after ${text.length} characters.`)
    shown.push({ name, characters: text.length, truncated })
    blocks.push(block(name, read.ok ? text : 'Its text cannot be read.', truncated))
  }
  return { text: blocks.map((one) => `\n\n${one}`).join(''), log: { input: { files: shown }, logs } }
}

const textOf = async (deps: Pick<Deps, 'db' | 'assets'>, run: RunRef, file: FileValue): Promise<FileText> =>
  mayHoldText(file)
    ? readFileText(deps, run.workspaceId, file.fileId)
    : { ok: false, code: 'NoText', reason: `it is ${file.mediaType}.` }

/** Nobody who writes a file ends the block it stands in. */
const block = (name: string, text: string, truncated: boolean) =>
  `<file name="${name.replaceAll('"', "'")}"${truncated ? ' truncated="true"' : ''}>\n${text.replace(/<(?=\/?file\b)/gi, '‹')}\n</file>`
