import { z } from 'zod'
import { isEmailAddress } from '../email-address.ts'
import { accept, type KindOfAnswer, lengthOf, misfit, storable } from './reading.ts'

const Length = z.int().nonnegative().max(1_000_000)

/** Lengths are counted in Unicode code points. Without `minLength` an empty answer is asked again; 0 allows it. */
export const TextAnswer = z
  .strictObject({
    type: z.literal('text'),
    minLength: Length.optional(),
    maxLength: Length.optional(),
    /** What the text must be. */
    format: z.literal('email').optional(),
  })
  .superRefine(({ minLength, maxLength }, context) => {
    if (minLength !== undefined && maxLength !== undefined && minLength > maxLength)
      context.addIssue({
        code: 'custom',
        path: ['maxLength'],
        message: `maxLength (${maxLength}) must be at least minLength (${minLength}).`,
      })
  })
export type TextAnswer = z.infer<typeof TextAnswer>

const characters = (count: number) => `${count} character${count === 1 ? '' : 's'}`

export const text: KindOfAnswer<TextAnswer, string> = {
  read(given, kind) {
    if (typeof given !== 'string')
      return misfit(
        given,
        'is not text',
        'Please answer in words, for example “A short summary for the team”.',
      )
    const value = storable(given)
    const length = lengthOf(value)
    const { minLength = 1, maxLength } = kind
    if (length < minLength)
      return misfit(
        given,
        length === 0 ? 'says nothing yet' : `has ${characters(length)}`,
        minLength > 1
          ? `Please write at least ${characters(minLength)}, for example a full sentence.`
          : 'Please answer in a few words, for example “A short summary for the team”.',
      )
    if (maxLength !== undefined && length > maxLength)
      return misfit(
        given,
        `has ${characters(length)}`,
        `Please write at most ${characters(maxLength)}, for example the main point only.`,
      )
    if (kind.format === 'email' && !isEmailAddress(value))
      return misfit(given, 'is not an e-mail address', 'Please give one, for example “ingrid@example.com”.')
    return accept(value)
  },
  describe: (value) => value,
}
