import type { AnswerKind } from '../../shared/contract/answer.ts'
import { readAnswer, readFileAnswer } from '../../shared/contract/answer.ts'
import type { AnswerBody } from '../../shared/contract/api/run-replies.ts'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { mayHoldText } from '../../shared/contract/file.ts'
import { findFiles } from '../../storage/sql/find-files.ts'
import type { RequestRow } from '../../storage/sql/find-requests.ts'
import { findWorkspace } from '../../storage/sql/find-workspace.ts'
import type { Deps } from '../deps.ts'
import { fileValueOf, withKnownFiles } from './known-files.ts'

/**
 * Refuses an answer that does not fit its question.
 * @throws Refusal `AnswerRefused`, `FileUnreadable`
 */
export async function checkFit(
  deps: Deps,
  caller: Caller,
  request: RequestRow,
  { value, fileIds }: Pick<AnswerBody, 'value' | 'fileIds'>,
): Promise<void> {
  const kind = request.request.answer as AnswerKind
  if (kind.type === 'file') {
    if (!fileIds)
      throw new Refusal(
        'AnswerRefused',
        'This question asks for a file: upload it and answer with its fileIds.',
      )
    return checkFiles(deps, caller, kind, fileIds)
  }
  if (value === undefined)
    throw new Refusal('AnswerRefused', 'This question asks for a value, not for files.')
  await withKnownFiles(deps.db, caller, { value })
  const { settings } = await findWorkspace(deps.db, caller.workspaceId)
  const read = readAnswer(value, kind, new Date().toISOString(), settings.timeZone)
  if (!read.ok) throw new Refusal('AnswerRefused', read.reason)
}

async function checkFiles(
  deps: Deps,
  caller: Caller,
  kind: Extract<AnswerKind, { type: 'file' }>,
  fileIds: string[],
): Promise<void> {
  const found = await findFiles(deps.db, caller, fileIds)
  const inOrder = fileIds.map((fileId) => {
    const file = found.find((one) => one.fileId === fileId)
    if (!file) throw new Refusal('AnswerRefused', `No file has the id ${fileId}. Upload it first.`)
    return fileValueOf(file)
  })
  const read = readFileAnswer(inOrder, kind)
  if (!read.ok) throw new Refusal('AnswerRefused', read.reason)
  for (const { fileId } of read.value.filter(mayHoldText)) {
    const text = await deps.readFileText(caller.workspaceId, fileId)
    if (!text.ok) throw new Refusal('FileUnreadable', text.reason)
  }
}
