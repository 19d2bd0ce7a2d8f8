import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BundleOptions, bundleWorkflowCode } from '@temporalio/worker'
import { failureConverterPath } from '../shared/temporal/data-converter.ts'

const project = fileURLToPath(new URL('..', import.meta.url))

/** What the bundle is made of: when one of these changes, it is made anew. */
const sources = [
  'workflows',
  'shared/contract',
  'shared/temporal',
  'workers/workflow-bundle.ts',
  'package-lock.json',
]
const cache = join(project, 'node_modules/.cache/parley')

/**
 * The interpreter as one script for Temporal's sandbox. Making it takes seconds and gives the same for the same
 * sources, so it is kept beside the packages, under the hash of what it was made from. `encrypted`
 * workflows leave the words of failures to the codec; what they do is the same.
 */
export async function bundleWorkflows({ encrypted = false } = {}): Promise<{ code: string }> {
  const kind = encrypted ? '-encrypted' : ''
  const file = join(cache, `workflows-${await hashOfSources()}${kind}.cjs`)
  const kept = await readFile(file, 'utf8').catch(() => undefined)
  if (kept !== undefined) return { code: kept }
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(project, 'workflows/index.ts'),
    payloadConverterPath: join(project, 'shared/temporal/payload-converter.ts'),
    ...(encrypted ? { failureConverterPath } : {}),
    workflowInterceptorModules: [join(project, 'workflows/meter.ts'), join(project, 'workflows/tracing.ts')],
    preloadModules: [
      join(project, 'workflows/short-stacks.cjs'),
      join(project, 'workflows/share-contract.cjs'),
    ],
    webpackConfigHook: forThisNode,
    logger: silent,
  })
  await mkdir(cache, { recursive: true })
  // Renamed into place, so that a process that starts at the same moment never reads half of it.
  const partial = `${file}.${process.pid}`
  await writeFile(partial, code)
  await rename(partial, file)
  return { code }
}

type BundlerConfig = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0]

/**
 * The SDK bundles for engines of 2017, file by file. This Node spreads objects and makes fields of classes by itself, and
 * a run that begins has less to load where the interpreter is in one piece. The contract stays apart: see share-contract.
 */
function forThisNode(config: BundlerConfig): BundlerConfig {
  for (const rule of (config.module?.rules ?? []) as { use?: { options?: { jsc?: { target: string } } } }[])
    if (rule.use?.options?.jsc) rule.use.options.jsc.target = 'es2024'
  return {
    ...config,
    optimization: { providedExports: true, usedExports: true, concatenateModules: true },
  }
}

const ignore = () => {}
const silent = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore }

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256').update(process.version)
  for (const source of sources) {
    for (const path of await filesIn(join(project, source))) hash.update(path).update(await readFile(path))
  }
  return hash.digest('hex').slice(0, 24)
}

async function filesIn(path: string): Promise<string[]> {
  if (!extname(path)) {
    const entries = await readdir(path, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
  }
  return [path]
}
