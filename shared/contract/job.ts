import { z } from 'zod'
import type { ErrorCode } from './errors.ts'
import type { RunInput } from './messages.ts'

/** Ids are compared as text, so they are all written in small letters. */
const Uuid = z.uuid().toLowerCase()

/** A schedule's firing: starts a run of the workflow that the schedule belongs to. */
const ScheduleJob = z.object({
  kind: z.literal('schedule'),
  workspaceId: Uuid,
  appId: Uuid,
  scheduleId: Uuid,
})

/** Asks an MCP server for its tools. */
const ListToolsJob = z.object({
  kind: z.literal('listTools'),
  workspaceId: Uuid,
  appId: Uuid,
  mcpServerId: Uuid,
})

/** Takes a document into its knowledge base. */
const IngestJob = z.object({
  kind: z.literal('ingest'),
  workspaceId: Uuid,
  appId: Uuid,
  documentId: Uuid,
  /** Which ingestion of the document it is, from 1. */
  generation: z.int().min(1),
})

/** Input of the `job` workflow, by kind: work that is durable, and no run itself. */
export const JobInput = z.discriminatedUnion('kind', [ScheduleJob, ListToolsJob, IngestJob])
export type JobInput = z.infer<typeof JobInput>
export type JobKind = JobInput['kind']
export type JobOf<Kind extends JobKind> = Extract<JobInput, { kind: Kind }>

/** A firing of a schedule. */
export interface Firing {
  workspaceId: string
  appId: string
  scheduleId: string
  /** Of the Temporal workflow that the firing is: the same at every attempt, another one for the next firing. */
  jobWorkflowId: string
}

/** What a firing starts, or why it starts nothing. */
export type OpenedFiring =
  | { ok: true; run: RunInput; summary: string; details: string }
  | { ok: false; code: ErrorCode; reason: string }
