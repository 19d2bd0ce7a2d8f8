import { DefaultFailureConverter } from '@temporalio/common'

/** Messages and stacks of failures travel as payloads, which the codec encrypts. Used where there is a key. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true })
