import { createHash, randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** A key that other keys are sealed with. Its id says nothing about it, and stands beside what it sealed. */
export interface MasterKey {
  id: string
  key: Buffer
}

export interface MasterKeys {
  /** The one that seals. Where there is none yet, it is made. */
  toSeal(): Promise<MasterKey>
  /** All that open, so that keys can be changed without a pause. */
  known(): Promise<MasterKey[]>
}

export const keyBytes = 32

/**
 * The keys that the operator gave, and behind them the one in the data folder, which is made when something is to be
 * sealed and none is given. A key file that is there counts always, so that what it sealed stays readable when keys are
 * given later; it is read when it is needed, since the process that makes it may not be the one that opens.
 */
export function masterKeysOf(given: readonly Buffer[], dataDir: string): MasterKeys {
  const path = join(dataDir, 'secrets.key')
  const known = async () => [...given, ...(await readKeyFile(path))].map(named)
  return {
    known,
    toSeal: async () => {
      if ((await known()).length === 0) await makeKeyFile(path, dataDir)
      const [first] = await known()
      if (!first) throw new Error(`the key file ${path} went away just after it was made`)
      return first
    },
  }
}

const named = (key: Buffer): MasterKey => ({
  id: createHash('sha256').update('parley key id').update(key).digest('hex').slice(0, 16),
  key,
})

async function readKeyFile(path: string): Promise<Buffer[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return []
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length !== keyBytes)
    throw new Error(
      `${path} is no key file: expected ${keyBytes} bytes in base64. Put the right one back; without it stored secrets cannot be read.`,
    )
  return [key]
}

/** Makes the file whole or not at all. Where another process was first, its key is the one. */
async function makeKeyFile(path: string, dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true })
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${randomBytes(keyBytes).toString('base64')}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
}
