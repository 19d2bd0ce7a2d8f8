import {
  BinaryPayloadConverter,
  CompositePayloadConverter,
  JsonPayloadConverter,
  type Payload,
  UndefinedPayloadConverter,
} from '@temporalio/common'

/**
 * The SDK's own conversion, except that what cannot be read is `undefined`: a signal may carry anything, and a payload
 * that throws would stall the workflow task for ever. What asked for a value then refuses it with a reason.
 */
class LenientPayloadConverter extends CompositePayloadConverter {
  override fromPayload<T>(payload: Payload, ...more: never[]): T {
    try {
      return super.fromPayload<T>(payload, ...more)
    } catch {
      return undefined as T
    }
  }
}

export const payloadConverter = new LenientPayloadConverter(
  new UndefinedPayloadConverter(),
  new BinaryPayloadConverter(),
  new JsonPayloadConverter(),
)
