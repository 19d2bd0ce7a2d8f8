import { imagesMissing } from '../../../shared/contract/steps/image.ts'
import { fail } from '../../../shared/temporal/failure.ts'
import type { Images } from './port.ts'

/** Stands in where no image model is configured, and says what to set. */
export const missingImages: Images = {
  paint: () => Promise.reject(fail('ProviderMissing', imagesMissing)),
}
