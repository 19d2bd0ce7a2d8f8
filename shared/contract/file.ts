import { z } from 'zod'

/** What a step, a variable or an answer holds of a file: a handle and what people need to recognise it. */
export const FileValue = z.object({
  fileId: z.uuid(),
  name: z.string().min(1).max(255),
  mediaType: z.string().min(1).max(255),
  bytes: z.int().nonnegative(),
})
export type FileValue = z.infer<typeof FileValue>

/** Endings of what people write in: who gives such a file means its text. */
const documents = /\.(pdf|docx?|pptx?|md|markdown|txt|csv|html?)$/i

/**
 * Pictures, sound and film are taken as they are; everything else stands for its text. A picture that is named as a
 * document does not: it must be refused where it is given, not in the step that reads it.
 */
export const mayHoldText = ({ mediaType, name }: Pick<FileValue, 'mediaType' | 'name'>): boolean =>
  !/^(image|audio|video)\//.test(mediaType) || documents.test(name)

export const isFileValue = (value: unknown): value is FileValue => FileValue.safeParse(value).success
