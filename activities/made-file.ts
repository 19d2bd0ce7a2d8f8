import { createHash } from 'node:crypto'
import type { FileValue } from '../shared/contract/file.ts'
import type { Json } from '../shared/contract/json.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import type { StepCall } from '../shared/contract/step-call.ts'
import { addFile } from '../storage/sql/add-file.ts'
import type { Made } from './step-activity.ts'

/** The result of a step that made a file: readers are told of it, and its row belongs to the run. */
export const madeFile = (
  { call: { run, step, path, label } }: { call: StepCall<AnyStep, Json> },
  file: FileValue,
  bytes: Uint8Array,
): Required<Pick<Made<FileValue>, 'value' | 'entries' | 'store'>> => ({
  value: file,
  entries: [{ event: 'asset', key: `${path}:asset`, ...file, stepId: step.id }],
  store: (tx) =>
    addFile(tx, {
      ...file,
      workspaceId: run.workspaceId,
      appId: run.appId,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      instanceUuid: run.instanceUuid,
      createdBy: run.startedBy?.userId ?? null,
      label: label ?? null,
    }),
})
