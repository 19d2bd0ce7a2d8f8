import type { Definition } from './definition.ts'
import type { ErrorCode } from './errors.ts'
import type { Settings } from './settings.ts'

/** What a run is pinned to: one published version with its hash, and the settings of its workspace at the start. */
export interface PinnedDefinition {
  definition: Definition | null
  version: number
  sha256: string
  settings: Settings
  /** Why there is no definition, for the person who started the run. */
  reason?: string
  /** What kind of reason it is; `NotFound` where it does not say. */
  code?: ErrorCode
}
