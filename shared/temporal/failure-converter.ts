import { DefaultFailureConverter, defaultFailureConverter } from '@temporalio/common'
import { isPayloadUnreadable } from './payload-unreadable.ts'

/**
 * Messages and stacks of failures travel as payloads, which the codec encrypts. Used where there is a key. That a key is
 * missing stays readable: whoever has to add it cannot decrypt it.
 */
class EncryptedFailureConverter extends DefaultFailureConverter {
  override errorToFailure(
    ...given: Parameters<DefaultFailureConverter['errorToFailure']>
  ): ReturnType<DefaultFailureConverter['errorToFailure']> {
    return isPayloadUnreadable(given[0])
      ? defaultFailureConverter.errorToFailure(...given)
      : super.errorToFailure(...given)
  }
}

export const failureConverter = new EncryptedFailureConverter({ encodeCommonAttributes: true })
