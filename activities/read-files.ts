import { AnswerKind, readFileAnswer } from '../shared/contract/answer.ts'
import { type FileValue, mayHoldText } from '../shared/contract/file.ts'
import type { Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { idFrom } from '../storage/id-from.ts'
import { readFileText } from '../storage/read-file-text.ts'
import { filesOfApp } from '../storage/sql/files-of-app.ts'
import { filesOfRun } from '../storage/sql/files-of-run.ts'
import type { Deps } from './deps.ts'
import { stepActivity } from './step-activity.ts'

interface Wanted {
  fileIds: string[]
  /** The question they answer; without one the files are only looked up. */
  answer?: unknown
}

/** Looks files up by their ids, and where they answer a question finds out whether they do: kind, number, size, text. */
export const readFiles = (deps: Deps) =>
  stepActivity<AnyStep, FileValue[]>(deps, async (job) => {
    const { run, path, step } = job.call
    const { fileIds, answer } = job.call.extra as unknown as Wanted
    // Whoever answers names files of their own, which the door has checked; a step's own files are checked here.
    const find = answer === undefined ? filesOfRun : filesOfApp
    const files = await find(deps.db, run, fileIds)
    const unknown = fileIds.find((fileId) => !files.some((file) => file.fileId === fileId))
    if (unknown) return { value: [], refused: `No file has the id ${unknown}. Upload it first.` }
    if (answer === undefined) return { value: files }
    const kind = AnswerKind.parse(answer)
    const read = kind.type === 'file' ? readFileAnswer(files, kind) : ({ ok: true } as const)
    if (!read.ok) return { value: [], refused: read.reason }
    for (const file of files.filter(mayHoldText)) {
      const text = await readFileText(deps, run.workspaceId, file.fileId)
      if (!text.ok) return { value: [], refused: text.reason }
    }
    const names = files.map(({ name }) => name).join(', ')
    return {
      value: files,
      input: { fileIds } as Json,
      entries: [
        {
          event: 'message',
          key: `${path}:files:${job.call.ordinal}`,
          messageId: idFrom(job.effectKey('message')),
          role: 'user',
          text: names,
          attachments: files,
          stepId: step.id,
        },
      ],
    }
  })
