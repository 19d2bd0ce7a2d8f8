import type { RunInput } from '../shared/contract/messages.ts'
import type { PinnedDefinition } from '../shared/contract/pinned-definition.ts'
import { defaultSettings } from '../shared/contract/settings.ts'
import { findPinned } from '../storage/sql/find-pinned.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { unavailable } from './unavailable.ts'

/** Finds the version a run is pinned to. Reads only, so it may be a local activity. */
export const loadDefinition =
  ({ db }: Pick<Deps, 'db'>) =>
  async ({ workspaceId, appId, workflowId, version }: RunInput): Promise<PinnedDefinition> => {
    const found = await findPinned(db, { workspaceId, appId, workflowId, version }).catch(
      (error: unknown) => {
        throw unavailable(error) ?? faultOfOurs(error)
      },
    )
    if (found) return found
    const what = version === undefined ? 'is not published' : `has no version ${version}`
    return {
      definition: null,
      version: version ?? 0,
      sha256: '',
      settings: defaultSettings,
      reason: `The workflow ${workflowId} ${what} in this app.`,
    }
  }
