import { absent, type Scope } from '../shared/contract/expression.ts'
import { type FileValue, isFileValue } from '../shared/contract/file.ts'
import type { Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import type { StepCall } from '../shared/contract/step-call.ts'
import { renderAll, renderTemplate, stringify } from '../shared/contract/template.ts'
import { fail } from '../shared/temporal/failure.ts'
import { readFileText } from '../storage/read-file-text.ts'
import { filesOfRun } from '../storage/sql/files-of-run.ts'
import type { Deps } from './deps.ts'

/** What a step's templates may name, as the workflow passed it on. */
export function scopeOf({ scope }: StepCall<AnyStep, unknown>): Scope {
  const named: Scope = { ...scope.values }
  for (const root of scope.absent) named[root] = absent
  return named
}

export const renderValue = <T extends Json = Json>(call: StepCall<AnyStep, unknown>, value: unknown): T =>
  renderAll(value as Json, scopeOf(call)) as T

/**
 * Renders templates into text in which a file stands for the text in it, as prompts need it. Files are read once.
 * @throws FileUnreadable naming the file and the reason, also for a file that the run may not use
 */
export function promptRenderer(deps: Pick<Deps, 'db' | 'assets'>, call: StepCall<AnyStep, unknown>) {
  const texts = new Map<string, string>()
  const scope = scopeOf(call)
  return async (template: string): Promise<string> => {
    const wanted = new Map<string, FileValue>()
    const note = (value: Json): string => {
      for (const file of filesIn(value)) wanted.set(file.fileId, file)
      return ''
    }
    note(renderTemplate(template, scope, note))
    const ahead = [...wanted.keys()].filter((fileId) => !texts.has(fileId))
    const usable = new Set((await filesOfRun(deps.db, call.run, ahead)).map(({ fileId }) => fileId))
    for (const file of wanted.values()) {
      if (texts.has(file.fileId)) continue
      if (!usable.has(file.fileId.toLowerCase()))
        throw fail('FileUnreadable', `No file that this run may use has the id ${file.fileId}.`)
      const read = await readFileText(deps, call.run.workspaceId, file.fileId)
      if (!read.ok) throw fail('FileUnreadable', read.reason)
      texts.set(file.fileId, read.text)
    }
    const asText = (value: Json): string => {
      const files = filesIn(value)
      if (files.length === 0) return stringify(value)
      // A list may name one file a thousand times: its text stands where it is named first.
      return [...new Map(files.map((file) => [file.fileId, file])).values()]
        .map(
          (file) =>
            `<file name="${file.name.replaceAll('"', "'")}">\n${texts.get(file.fileId) ?? ''}\n</file>`,
        )
        .join('\n\n')
    }
    return asText(renderTemplate(template, scope, asText))
  }
}

/** A file, or a list of nothing but files: what stands for text in a prompt. */
const filesIn = (value: Json): FileValue[] => {
  if (isFileValue(value)) return [value]
  return Array.isArray(value) && value.length > 0 && value.every(isFileValue)
    ? (value as unknown as FileValue[])
    : []
}
