import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import type { Caller } from '../shared/contract/api/scope.ts'
import { faultFields } from '../shared/log.ts'
import { findFiles } from '../storage/sql/find-files.ts'
import type { Deps } from './deps.ts'
import { must } from './runs/must-read.ts'

/** Sends a file's bytes as an attachment that a browser neither shows nor guesses at. */
export async function download(
  deps: Deps,
  caller: Caller,
  fileId: string,
  req: Request,
  res: Response,
): Promise<undefined> {
  const [found] = await findFiles(deps.db, caller, [fileId])
  const file = must(found, 'file')
  const key = { workspaceId: caller.workspaceId, fileId, part: 'original' } as const
  const stream = req.method === 'HEAD' ? undefined : await deps.assets.stream(key)
  res.status(200).set({
    'Content-Type': file.mediaType,
    'Content-Length': String(file.bytes),
    'Content-Disposition': attachment(file.name),
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'Cache-Control': 'private, no-store',
  })
  if (!stream) {
    res.end()
    return undefined
  }
  // A reader that goes away, or bytes that break off in the middle, end the connection: the length tells the client.
  await pipeline(stream, res).catch((error: unknown) => {
    req.log.warn({ ...faultFields(error), fileId }, 'a download broke off')
    res.destroy()
  })
  return undefined
}

/** RFC 6266: a plain name for old clients, and the real one as RFC 5987 writes it. */
export function attachment(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_')
  const real = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${real}`
}
