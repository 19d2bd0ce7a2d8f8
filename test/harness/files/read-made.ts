import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ReadText, readText } from '../../../storage/text/read-text.ts'

const fixtures = new URL('../../storage/fixtures/', import.meta.url)
const examples = new URL('../../../examples/sales-package/files/', import.meta.url)

export const fixture = (name: string): Promise<Buffer> => readFile(new URL(name, fixtures))
export const exampleFile = (name: string): Promise<Buffer> => readFile(new URL(name, examples))

/** Reads bytes as a file of that name that a person uploaded. */
export const readMade = async (name: string, bytes: Buffer | string): Promise<ReadText> => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-text-'))
  try {
    const path = join(folder, 'upload')
    await writeFile(path, bytes)
    return await readText({ path, name })
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The text of a file that can be read; fails with its reason when it cannot. */
export const textOf = async (name: string, bytes: Buffer | string): Promise<string> => {
  const read = await readMade(name, bytes)
  if (!read.ok) throw new Error(`${read.code}: ${read.reason}`)
  return read.text
}
