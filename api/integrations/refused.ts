import { Refusal } from '../../shared/contract/errors.ts'

/** A field of an integration that does not fit. */
export const refused = (path: string, message: string): Refusal =>
  new Refusal('Invalid', `${path}: ${message}`, { problems: [{ path, message }] })
