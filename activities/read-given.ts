import { Refusal } from '../shared/contract/errors.ts'
import type { Given } from '../shared/contract/given.ts'
import type { Resume } from '../shared/contract/messages.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import { asFailure } from '../shared/temporal/failure.ts'
import { readGiven as read } from '../storage/sql/read-given.ts'
import type { Deps } from './deps.ts'
import { faultOfOurs } from './fault-of-ours.ts'
import { unavailable } from './unavailable.ts'

/** Reads what an earlier pass has done: of the same run, which failed, or of the run that is rewound. */
export const readGiven =
  ({ db }: Pick<Deps, 'db'>) =>
  async ({ run, resume }: { run: RunRef; resume: Resume }): Promise<Given> => {
    const { workspaceId } = run
    try {
      return resume.kind === 'retry'
        ? await read(db, { workspaceId, instanceUuid: run.instanceUuid })
        : await read(db, { workspaceId, instanceUuid: resume.of }, resume.requestId)
    } catch (error) {
      throw unavailable(error) ?? (error instanceof Refusal ? asFailure(error) : faultOfOurs(error))
    }
  }
