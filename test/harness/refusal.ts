import { kindOf } from '../../shared/temporal/failure.ts'

/** The code and words with which something was refused; fails when it was not. */
export async function refusal(act: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await act.then(
    (value) => {
      throw new Error(`it was not refused, but gave ${JSON.stringify(value)}`)
    },
    (error: unknown) => error,
  )
  const known = kindOf(error)
  if (!known) throw error
  return { code: known.code, message: known.message }
}
