import { z } from 'zod'
import { FileValue } from '../file.ts'
import { accept, cut, isObject, type KindOfAnswer, misfit, type Reading, refuse } from './reading.ts'

/** `accept` holds endings of file names; `maxBytes` is per file; one file unless `maxFiles` says more. */
export const FileAnswer = z.strictObject({
  type: z.literal('file'),
  accept: z
    .array(
      z.string().regex(/^\.[A-Za-z0-9][A-Za-z0-9.]{0,19}$/, 'Write an ending with its dot, such as ".pdf".'),
    )
    .min(1)
    .max(50)
    .optional(),
  maxFiles: z.int().positive().max(100).optional(),
  maxBytes: z.int().positive().optional(),
})
export type FileAnswer = z.infer<typeof FileAnswer>

/** Ids as a client sends them. They are only counted here: whoever knows the files goes on with `readFileAnswer`. */
export type FileIds = { fileIds: string[] }
const FileIds = z.object({ fileIds: z.array(z.uuid()) })
const FileValues = z.array(FileValue)

const size = (bytes: number) => {
  if (bytes < 1_000) return `${bytes} bytes`
  return bytes < 1_000_000 ? `${tenths(bytes / 1_000)} kB` : `${tenths(bytes / 1_000_000)} MB`
}
const tenths = (amount: number) => Math.round(amount * 10) / 10

const wanted = ({ accept: endings, maxFiles = 1 }: FileAnswer) => {
  const what = endings ? ` (${endings.slice(0, 10).join(', ')})` : ''
  return maxFiles === 1 ? `one file${what}` : `up to ${maxFiles} files${what}`
}
const example = ({ accept: endings }: FileAnswer) => `for example “notes${endings?.[0] ?? '.pdf'}”`

function countOf(count: number, kind: FileAnswer): Reading<never> | undefined {
  const please = `Please upload ${wanted(kind)}, ${example(kind)}.`
  if (count === 0) return refuse(`No file came. ${please}`)
  if (count > (kind.maxFiles ?? 1)) return refuse(`${count} files came. ${please}`)
  return undefined
}

/** The known files against what the question takes: their number, the ending of their names, their size. */
export function readFileAnswer(files: FileValue[], kind: FileAnswer): Reading<FileValue[]> {
  const once = [...new Map(files.map((file) => [file.fileId, file])).values()]
  const wrongCount = countOf(once.length, kind)
  if (wrongCount) return wrongCount
  for (const { name, bytes } of once) {
    const fits = kind.accept?.some((ending) => name.toLowerCase().endsWith(ending.toLowerCase())) ?? true
    if (!fits)
      return refuse(
        `“${cut(name)}” is not of a type this question takes. Please upload ${wanted(kind)}, ${example(kind)}.`,
      )
    if (kind.maxBytes !== undefined && bytes > kind.maxBytes)
      return refuse(
        `“${cut(name)}” has ${size(bytes)}. Please upload files of at most ${size(kind.maxBytes)} each, for example a compressed copy.`,
      )
  }
  return accept(once)
}

export const file: KindOfAnswer<FileAnswer, FileValue[] | FileIds> = {
  read(given, kind) {
    if (isObject(given) && 'fileIds' in given) {
      const ids = FileIds.safeParse(given)
      if (!ids.success) return refuse(`The file ids are not ids of uploads. Please upload ${wanted(kind)}.`)
      const fileIds = [...new Set(ids.data.fileIds)]
      return countOf(fileIds.length, kind) ?? accept({ fileIds })
    }
    const files = FileValues.safeParse(isObject(given) ? [given] : given)
    if (files.success) return readFileAnswer(files.data, kind)
    return misfit(given, 'is not a file', `Please upload ${wanted(kind)}, ${example(kind)}.`)
  },
  describe: (value) =>
    Array.isArray(value)
      ? value.map(({ name }) => name).join(', ')
      : `${value.fileIds.length} file${value.fileIds.length === 1 ? '' : 's'}`,
}
