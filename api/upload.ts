import { createHash, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import busboy from 'busboy'
import type { Request } from 'express'
import { largestFile, type StoredFile } from '../shared/contract/api/files.ts'
import type { Caller } from '../shared/contract/api/scope.ts'
import { Refusal } from '../shared/contract/errors.ts'
import type { AssetKey } from '../storage/assets/assets.ts'
import { addFile } from '../storage/sql/add-file.ts'
import type { Claim, StoredAnswer } from '../storage/sql/claim-key.ts'
import { contentHash } from '../storage/sql/content-hash.ts'
import { detectType } from '../storage/text/read-text.ts'
import { answerOf } from './bind.ts'
import type { Deps } from './deps.ts'
import { justOnce, once, type Try } from './once.ts'

/** An upload may take this long. */
const slowest = 10 * 60_000
/** The beginning of a file tells its type. */
const headBytes = 8_192
/** What a request may have beside the file: headers of parts, boundaries, small fields. */
const roomForParts = 200_000

interface Received {
  fileId: string
  name: string
  bytes: number
  sha256: string
  head: Uint8Array
}

/**
 * Stores the one file of a multipart request. Its bytes stream into the assets; when anything goes wrong, nothing stays.
 * @throws Refusal
 */
export async function upload(
  deps: Deps,
  caller: Caller,
  req: Request,
  claim: Claim | undefined,
): Promise<StoredAnswer> {
  const received = await receive(deps, caller, req)
  const drop = () =>
    deps.assets
      .remove({ workspaceId: caller.workspaceId, fileId: received.fileId, part: 'original' })
      .catch(() => {})
  try {
    const { mediaType } = await detectType(received.head, received.name)
    const { fileId, name, bytes, sha256 } = received
    const file: StoredFile = { fileId, name, mediaType, bytes, sha256 }
    const act = async (one: Try) => {
      const answer = { status: 201, body: { ...file } }
      await deps.db.transaction(async (tx) => {
        await addFile(tx, {
          ...file,
          workspaceId: caller.workspaceId,
          appId: caller.appId,
          createdBy: caller.userId,
        })
        await one.keep(tx, answer)
      })
      return answer
    }
    const hash = contentHash({ name, sha256 })
    const answer = claim
      ? await once(deps, { ...claim, bodySha256: hash }, act, answerOf(req))
      : await act(justOnce())
    // A repetition: the first upload's file is the one that counts.
    if ((answer.body as Partial<StoredFile>).fileId !== fileId) await drop()
    return answer
  } catch (error) {
    await drop()
    throw error
  }
}

/** Reads the request until its file is stored. After a refusal the rest is thrown away as it comes, so that the client gets to read why. */
async function receive(deps: Deps, caller: Caller, req: Request): Promise<Received> {
  if (Number(req.headers['content-length']) > largestFile + roomForParts) throw tooLarge()
  const parser = createParser(req)
  const key = { workspaceId: caller.workspaceId, fileId: randomUUID(), part: 'original' } as const
  let storing: Promise<Received> | undefined
  let received: Received | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Refusal('Malformed', 'the upload took too long')), slowest)
      parser.on('file', (field, stream, info) => {
        // Its error is the parser's, which is heard below.
        stream.on('error', () => {})
        if (storing) reject(oneFile())
        else if (field !== 'file')
          reject(
            new Refusal('Invalid', `the file is sent as the part "file", not as "${field.slice(0, 50)}"`),
          )
        else {
          storing = store(deps, key, stream, cleanName(info.filename))
          storing.catch(reject)
          return
        }
        stream.resume()
      })
      parser.on('filesLimit', () => reject(oneFile()))
      parser.on('partsLimit', () => reject(new Refusal('Invalid', 'too many parts')))
      parser.on('error', () => reject(new Refusal('Malformed', 'this is not well-formed multipart')))
      parser.on('close', resolve)
      req.on('close', () => req.complete || reject(new Refusal('Malformed', 'the upload broke off')))
      req.on('error', () => reject(new Refusal('Malformed', 'the upload broke off')))
      req.pipe(parser)
      req.on('close', () => clearTimeout(timer))
    })
    received = await storing
    if (!received) throw new Refusal('Invalid', 'no file came: send it as the part "file" with a file name')
    return received
  } catch (error) {
    req.unpipe(parser)
    parser.destroy()
    req.resume()
    // Cut off from the request, the storing ends by itself; what it may have finished is taken away.
    if (await storing?.catch(() => undefined)) await deps.assets.remove(key).catch(() => {})
    throw error
  }
}

const tooLarge = () => new Refusal('TooLarge', `a file may have ${largestFile / 1024 / 1024} MB`)
const oneFile = () => new Refusal('Invalid', 'one file a request: send the others in requests of their own')

function createParser(req: Request): busboy.Busboy {
  if (!/^multipart\/form-data\s*;/i.test(req.headers['content-type'] ?? ''))
    throw new Refusal('UnsupportedMediaType', 'send the file as multipart/form-data')
  try {
    return busboy({
      headers: req.headers,
      defParamCharset: 'utf8',
      limits: {
        fileSize: largestFile + 1,
        files: 2,
        fields: 10,
        fieldSize: 10_000,
        parts: 12,
        headerPairs: 50,
      },
    })
  } catch (error) {
    throw new Refusal(
      'Malformed',
      `the multipart header cannot be read: ${error instanceof Error ? error.message : 'unknown'}`,
    )
  }
}

/**
 * Stores a part as it comes, and measures it. The stream that is stored ends where the part breaks off, instead of
 * failing: so the storing is surely over when the broken rest is taken away.
 */
async function store(deps: Deps, key: AssetKey, part: Readable, name: string): Promise<Received> {
  const hash = createHash('sha256')
  const head: Buffer[] = []
  let bytes = 0
  let fault: unknown
  async function* measured() {
    try {
      for await (const chunk of part as AsyncIterable<Buffer>) {
        if (bytes < headBytes) head.push(chunk.subarray(0, headBytes - bytes))
        bytes += chunk.length
        if (bytes > largestFile) throw tooLarge()
        hash.update(chunk)
        yield chunk
      }
    } catch (error) {
      fault = error
    }
  }
  await deps.assets.putStream(key, Readable.from(measured(), { objectMode: false }))
  if (!fault)
    return { fileId: key.fileId, name, bytes, sha256: hash.digest('hex'), head: Buffer.concat(head) }
  await deps.assets.remove(key).catch(() => {})
  throw fault
}

/** A name as people gave it, without folders and control characters; at most 255 characters. It is shown, never used as a path. */
export function cleanName(given: string | undefined): string {
  const base = (given ?? '').split(/[\\/]/).at(-1) ?? ''
  const clean = base
    .toWellFormed()
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '')
    .trim()
  if (clean === '' || clean === '.' || clean === '..') return 'file'
  if (clean.length <= 255) return clean
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(clean)?.[0] ?? ''
  return clean.slice(0, 255 - ending.length).toWellFormed() + ending
}
