import type { AnswerKind } from '../../shared/contract/answer.ts'
import { readAnswer, readFileAnswer } from '../../shared/contract/answer.ts'
import type { AnswerBody } from '../../shared/contract/api/instances.ts'
import { type Caller, isAdmin, personOf } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { mayHoldText } from '../../shared/contract/file.ts'
import { idFrom } from '../../storage/id-from.ts'
import { findFiles } from '../../storage/sql/find-files.ts'
import type { InstanceRow } from '../../storage/sql/find-instance.ts'
import { findRequest, listOpenRequests, type RequestRow } from '../../storage/sql/find-requests.ts'
import { findWorkspace } from '../../storage/sql/find-workspace.ts'
import type { Deps } from '../deps.ts'
import type { Try } from '../once.ts'
import { fileValueOf } from './known-files.ts'
import { mustRead } from './must-read.ts'

/**
 * Answers an open question of a run. What does not fit is refused here, with the reason, and costs no attempt; the
 * workflow has the last word.
 * @throws Refusal
 */
export async function answer(
  deps: Deps,
  caller: Caller,
  instanceUuid: string,
  body: AnswerBody,
  one: Try,
): Promise<{ requestId: string }> {
  const run = await mustRead(deps.db, caller, instanceUuid)
  if (run.startedById !== caller.userId && !isAdmin(caller))
    throw new Refusal('Forbidden', 'only who started the run, or an admin, answers its questions')
  const request = await openQuestion(deps, run, body.requestId, one.again)
  if (request) await checkFit(deps, caller, request, body)
  const { value, fileIds } = body
  const requestId = request?.requestId ?? body.requestId
  const taken = await deps.engine(caller).answer(
    instanceUuid,
    {
      ...(requestId ? { requestId } : {}),
      ...(value === undefined ? {} : { value }),
      ...(fileIds ? { fileIds } : {}),
      by: personOf(caller),
    },
    { updateId: idFrom(`${one.seed}:answer`) },
  )
  await deps.settled(caller.workspaceId, taken.requestId)
  return taken
}

/** The question that is meant. After a try that broke off it may be closed by just that try: then the workflow knows. */
async function openQuestion(
  deps: Deps,
  run: InstanceRow,
  requestId: string | undefined,
  again: boolean,
): Promise<RequestRow | undefined> {
  if (run.finishedAt && !again) throw new Refusal('NotRunning', `the run is ${run.status}`)
  const open = (await listOpenRequests(deps.db, run.workspaceId, run.instanceUuid)).filter(
    ({ kind }) => kind === 'answer',
  )
  if (requestId) {
    const found = open.find((request) => request.requestId === requestId)
    if (found || again) return found
    const closed = await findRequest(deps.db, run.workspaceId, run.instanceUuid, requestId)
    throw new Refusal(
      'NotOpen',
      closed?.kind === 'approval'
        ? 'this is an approval: send a decision'
        : 'this question is not open (any more)',
    )
  }
  if (open.length === 1 || (open.length === 0 && again)) return open[0]
  throw new Refusal(
    'NotOpen',
    open.length === 0
      ? 'no question is open in this run'
      : `${open.length} questions are open: say which by requestId`,
  )
}

async function checkFit(
  deps: Deps,
  caller: Caller,
  request: RequestRow,
  { value, fileIds }: AnswerBody,
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
