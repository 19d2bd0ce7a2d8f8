import type { Assets } from '../storage/assets/assets.ts'
import type { Database } from '../storage/sql/database.ts'
import type { Documents } from './providers/documents/port.ts'
import type { Mailer } from './providers/mail/port.ts'
import type { Models } from './providers/models/port.ts'

/** What activities need from outside. The worker is the only place that knows the real ones. */
export interface Deps {
  db: Database
  assets: Assets
  models: Models
  documents: Documents
  mailer: Mailer
}
