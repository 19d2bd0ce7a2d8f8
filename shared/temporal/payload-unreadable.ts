import { Refusal } from '../contract/errors.ts'

const name = 'PayloadUnreadable'

/** A payload whose key or file is not here, or is not what it was. Its words are for operators, and hold nobody's. */
export class PayloadUnreadable extends Refusal {
  override name = name
  constructor(message: string) {
    super('Unavailable', message)
  }
}

/** Also of one that became a Temporal failure. */
export const isPayloadUnreadable = (error: unknown): boolean => {
  const { name: kind, type } = Object(error) as { name?: unknown; type?: unknown }
  return kind === name || type === name
}
