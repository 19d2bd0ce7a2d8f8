import { z } from 'zod'
import { accept, isTooLong, type KindOfAnswer, misfit } from './reading.ts'
import { oneNumber } from './words/one-number.ts'

export const NumberAnswer = z
  .strictObject({
    type: z.literal('number'),
    min: z.number().optional(),
    max: z.number().optional(),
    integer: z.boolean().optional(),
  })
  .superRefine(({ min, max, integer }, context) => {
    const issue = (message: string) => context.addIssue({ code: 'custom', path: ['max'], message })
    if (min === undefined || max === undefined) return
    if (min > max) issue(`max (${max}) must be at least min (${min}).`)
    else if (integer && Math.ceil(min) > Math.floor(max))
      issue(`There is no whole number from ${min} to ${max}.`)
  })
export type NumberAnswer = z.infer<typeof NumberAnswer>

/** 12000.5 as 12,000.5. */
function grouped(value: number): string {
  const [whole = '', ...rest] = String(value).split(/(?=[.e])/)
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + rest.join('')
}

function wanted({ min, max, integer }: NumberAnswer): string {
  const what = integer ? 'a whole number' : 'a number'
  if (min !== undefined && max !== undefined) return `${what} from ${grouped(min)} to ${grouped(max)}`
  if (min !== undefined) return `${what} of at least ${grouped(min)}`
  return max === undefined ? what : `${what} of at most ${grouped(max)}`
}

function example({ min, max, integer }: NumberAnswer): string {
  const fits = (value: number) => value >= (min ?? value) && value <= (max ?? value)
  const nearest = min ?? max ?? 12
  const value = fits(12)
    ? 12
    : integer
      ? min === undefined
        ? Math.floor(nearest)
        : Math.ceil(nearest)
      : nearest
  return fits(12_000) ? `“12”, “twelve” or “12k”` : `“${grouped(value)}”`
}

export const number: KindOfAnswer<NumberAnswer, number> = {
  read(given, kind) {
    const please = `Please give ${wanted(kind)}, for example ${example(kind)}.`
    if (typeof given !== 'number' && typeof given !== 'string')
      return misfit(given, 'is not a number', please)
    if (isTooLong(given)) return misfit(given, 'is too long to read as a number', please)
    const said = typeof given === 'number' ? { value: given } : oneNumber(given, kind.integer ?? false)
    if ('problem' in said)
      return misfit(given, String(given).trim() === '' ? 'is not a number' : said.problem, please)
    if (!Number.isFinite(said.value)) return misfit(given, 'is not a finite number', please)
    const value = said.value === 0 ? 0 : said.value
    if (kind.integer && !Number.isInteger(value)) return misfit(given, 'is not a whole number', please)
    if (kind.min !== undefined && value < kind.min) return misfit(given, 'is too small', please)
    if (kind.max !== undefined && value > kind.max) return misfit(given, 'is too large', please)
    return accept(value)
  },
  describe: grouped,
}
