// Brings a fresh machine to ready. Plain JavaScript without dependencies: it runs on whatever Node is there (18 or newer)
// and before anything is installed. Each step looks first, and says nothing when there is nothing to do.
import { delimiter, dirname } from 'node:path'
import { installPackages } from './ready/packages.mjs'
import { pinnedNode } from './ready/pinned-node.mjs'
import { testPrograms } from './ready/programs.mjs'
import { NotReady } from './ready/step.mjs'
import { temporalCli } from './ready/temporal-cli.mjs'

/**
 * @param {{ temporal?: boolean, tests?: boolean }} needs `temporal`: the embedded Temporal server will be started; `tests`: so
 *   will be what only tests need
 * @returns {Promise<{ node: string, env: NodeJS.ProcessEnv }>} the Node to run everything else with, and the environment for it
 */
export async function ready({ temporal = false, tests = false } = {}) {
  try {
    await installPackages()
    const node = await pinnedNode()
    // First on the PATH, so that every `#!/usr/bin/env node` below us finds the same one.
    const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` }
    if (temporal) env.TEMPORAL_CLI_PATH = await temporalCli(node)
    if (tests) await testPrograms()
    return { node, env }
  } catch (error) {
    const known = error instanceof NotReady
    process.stderr.write(`\n✗ ${known ? error.message : (error?.stack ?? error)}\n`)
    if (known) process.stderr.write(`\nWhat to do: ${error.cure}\n`)
    process.exit(1)
  }
}
