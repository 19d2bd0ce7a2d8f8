import { z } from 'zod'

/** What a step, a variable or an answer holds of a file: a handle and what people need to recognise it. */
export const FileValue = z.object({
  fileId: z.uuid(),
  name: z.string().min(1).max(255),
  mediaType: z.string().min(1).max(255),
  bytes: z.int().nonnegative(),
})
export type FileValue = z.infer<typeof FileValue>

/** Pictures, sound and film are taken as they are; everything else stands for its text. */
export const mayHoldText = ({ mediaType }: Pick<FileValue, 'mediaType'>): boolean =>
  !/^(image|audio|video)\//.test(mediaType)

export const isFileValue = (value: unknown): value is FileValue => FileValue.safeParse(value).success
