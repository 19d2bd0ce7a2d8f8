import type { RunInput } from '../shared/contract/messages.ts'
import type { PinnedDefinition } from '../shared/contract/pinned-definition.ts'
import { defaultSettings } from '../shared/contract/settings.ts'
import { findDraft, findPinned } from '../storage/sql/find-pinned.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { fitToRun } from './fit-to-run.ts'
import { unavailable } from './unavailable.ts'

type Wanted = Pick<RunInput, 'workspaceId' | 'appId' | 'workflowId' | 'version'> & {
  /** The draft as it stands now, for a test. */
  isDraft?: boolean | undefined
  /** Whether the run has begun with it before: it is not judged again, perhaps by stricter rules, and not missed. */
  isUnderWay?: boolean | undefined
}

/** Finds the version a run is pinned to. Reads only, so it may be a local activity. */
export const loadDefinition =
  ({ db }: Pick<Deps, 'db'>) =>
  async ({
    workspaceId,
    appId,
    workflowId,
    version,
    isDraft,
    isUnderWay,
  }: Wanted): Promise<PinnedDefinition> => {
    const app = { workspaceId, appId, workflowId }
    const found = await (isDraft
      ? findDraft(db, app)
      : findPinned(db, { ...app, version }, { alsoDeleted: isUnderWay })
    ).catch((error: unknown) => {
      throw unavailable(error) ?? faultOfOurs(error)
    })
    if (found) return isUnderWay ? found : fitToRun(found)
    const what = version === undefined ? 'is not published' : `has no version ${version}`
    return {
      definition: null,
      version: version ?? 0,
      sha256: '',
      settings: defaultSettings,
      reason: `The workflow ${workflowId} ${what} in this app.`,
    }
  }
