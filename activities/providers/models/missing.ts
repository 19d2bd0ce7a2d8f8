import { fail } from '../../../shared/temporal/failure.ts'
import type { Models } from './port.ts'

/** Stands in where no model is configured, and says what to set. */
export const missingModels: Models = {
  generate: () =>
    Promise.reject(
      fail(
        'ProviderMissing',
        'No language model is configured: set OPENAI_API_KEY (and OPENAI_BASE_URL for another provider), then start again.',
      ),
    ),
}
