import type { Prices } from '../shared/contract/prices.ts'
import type { Assets } from '../storage/assets/assets.ts'
import type { Database } from '../storage/sql/database.ts'
import type { Documents } from './providers/documents/port.ts'
import type { Embeddings } from './providers/embeddings/port.ts'
import type { Cards } from './providers/images/cards/port.ts'
import type { Images } from './providers/images/port.ts'
import type { Mailer } from './providers/mail/port.ts'
import type { Models } from './providers/models/port.ts'
import type { WebSearch } from './providers/search/port.ts'
import type { Tools } from './providers/tools/port.ts'

/** What activities need from outside. The worker is the only place that knows the real ones. */
export interface Deps {
  db: Database
  assets: Assets
  models: Models
  /** What models cost. */
  prices: Prices
  documents: Documents
  cards: Cards
  images: Images
  /** Where none is configured, knowledge bases are searched by words alone. */
  embeddings?: Embeddings | undefined
  mailer: Mailer
  search: WebSearch
  /** For every address that a definition leads to: private ones are refused. */
  outbound: typeof fetch
  tools: Tools
  /** How long an agent waits for an action: a duration. */
  actionTime: string
}
