import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import type { Caller } from '../../shared/contract/api/scope.ts'
import { faultFields } from '../../shared/log.ts'
import { exportLines } from '../../storage/sql/export-run.ts'
import type { Deps } from '../deps.ts'
import { attachment } from '../download.ts'
import { mustRead } from './must-read.ts'

/** Sends the record of a run as an attachment of JSON lines, as fast as it is taken. @throws Refusal `NotFound` */
export async function exportRun(
  { db }: Deps,
  caller: Caller,
  instanceUuid: string,
  req: Request,
  res: Response,
): Promise<undefined> {
  const run = await mustRead(db, caller, instanceUuid)
  res.status(200).set({
    'Content-Type': 'application/x-ndjson; charset=utf-8',
    'Content-Disposition': attachment(`${run.workflowName} ${instanceUuid.slice(0, 8)}.jsonl`),
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'private, no-store',
  })
  if (req.method === 'HEAD') {
    res.end()
    return undefined
  }
  // A reader that goes away, or a database that does, ends the connection: the missing last line tells the reader.
  await pipeline(Readable.from(exportLines(db, run)), res).catch((error: unknown) => {
    req.log.warn({ ...faultFields(error), instanceUuid }, 'an export broke off')
    res.destroy()
  })
  return undefined
}
