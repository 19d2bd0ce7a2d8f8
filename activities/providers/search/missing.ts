import { searchMissing } from '../../../shared/contract/steps/search.ts'
import { fail } from '../../../shared/temporal/failure.ts'
import type { WebSearch } from './port.ts'

/** Stands in where no search is configured, and says what to set. */
export const missingSearch: WebSearch = {
  provider: 'none',
  search: () =>
    Promise.reject(fail('ProviderMissing', `${searchMissing[0]?.toUpperCase()}${searchMissing.slice(1)}.`)),
}
