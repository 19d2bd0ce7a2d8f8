import type { JobInput, JobKind } from '../../shared/contract/job.ts'
import type { Json } from '../../shared/contract/json.ts'
import { runIngest } from './ingest.ts'
import { runListTools } from './list-tools.ts'
import type { JobRunner } from './runner.ts'
import { runSchedule } from './schedule.ts'

/** One runner per kind of job: complete by type, so a kind without a runner does not compile. */
const runners = { schedule: runSchedule, listTools: runListTools, ingest: runIngest } satisfies {
  [Kind in JobKind]: JobRunner<Kind>
}

export const runJob = (input: JobInput): Promise<Json> =>
  (runners[input.kind] as (job: JobInput) => Promise<Json>)(input)
