import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflows } from '../../workers/create-worker.ts'

export type Bundle = Awaited<ReturnType<typeof bundleWorkflows>>

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Making the bundle takes seconds of two processors, so test files share one for as long as its sources are the same. */
export async function workflowBundle(): Promise<Bundle> {
  const path = join(tmpdir(), `parley-bundle-${hashOf(sources())}.json`)
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    const bundle = await bundleWorkflows()
    const draft = `${path}.${process.pid}`
    await writeFile(draft, JSON.stringify(bundle))
    await rename(draft, path)
    return bundle
  }
}

const sources = (): string[] => [
  'package-lock.json',
  'workers/create-worker.ts',
  ...['workflows', 'shared'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  ),
]

function hashOf(names: string[]): string {
  const hash = createHash('sha256')
  for (const name of names.sort()) hash.update(name).update(readFileSync(join(root, name)))
  return hash.digest('hex').slice(0, 16)
}
