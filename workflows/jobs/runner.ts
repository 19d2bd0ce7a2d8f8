import type { JobKind, JobOf } from '../../shared/contract/job.ts'
import type { Json } from '../../shared/contract/json.ts'

/** What a job of one kind does: gets its input, returns its result. */
export type JobRunner<Kind extends JobKind> = (job: JobOf<Kind>) => Promise<Json>
