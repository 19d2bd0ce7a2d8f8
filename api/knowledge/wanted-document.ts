import type { Caller } from '../../shared/contract/api/scope.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import type { DocumentFields } from '../../shared/contract/knowledge.ts'
import { outboundProblem } from '../../shared/outbound-address.ts'
import { findFiles } from '../../storage/sql/find-files.ts'
import type { Deps } from '../deps.ts'

/**
 * A document as its row names it.
 * @throws Refusal `Invalid` for a file that the caller may not read, `OutboundRefused` for an address that surely will
 * not be fetched
 */
export async function wantedDocument(
  { db, outboundAllow }: Pick<Deps, 'db' | 'outboundAllow'>,
  caller: Caller,
  { fileId, url = '', name }: DocumentFields,
) {
  if (!fileId) {
    const problem = outboundProblem(url, outboundAllow)
    if (problem)
      throw new Refusal('OutboundRefused', problem, { problems: [{ path: 'url', message: problem }] })
    return { url, name: name ?? nameOf(url) }
  }
  const [file] = await findFiles(db, caller, [fileId])
  if (file) return { fileId, name: name ?? file.name }
  const problems = [{ path: 'fileId', message: `no file has the id ${fileId}: upload it first` }]
  throw new Refusal('Invalid', `no file has the id ${fileId}: upload it first`, { problems })
}

/** An address as people say it. */
const nameOf = (url: string): string =>
  url
    .replace(/^https?:\/\//, '')
    .replace(/\/$/, '')
    .slice(0, 200)
