// `npm test`: format, lint, types and all tests. Every stage runs, whatever the ones before it said, so that one run
// shows all there is to mend. With arguments (`npm test -- test/contract`) only Jest runs, with those.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROJECT } from './ready/places.mjs'
import { ready } from './ready.mjs'

const STAGES = [
  ['format and lint', 'biome', 'ci', '.'],
  ['unused code', 'knip'],
  ['types', 'tsc', '--noEmit'],
]

const { env } = await ready({ temporal: true, tests: true })
const jestArgs = process.argv.slice(2)
const total = { passed: 0, failed: 0, skipped: 0 }

if (jestArgs.length === 0) {
  for (const [title, ...command] of STAGES) {
    if (await runs(title, ...command)) total.passed++
    else total.failed++
  }
}
await runTests()

process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
process.exitCode = total.failed > 0 ? 1 : 0

async function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'parley-jest-'))
  const report = join(folder, 'report.json')
  env.NODE_OPTIONS =
    `${env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim()
  const ok = await runs('tests', 'jest', '--json', `--outputFile=${report}`, ...jestArgs)
  const failedBefore = total.failed
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'))
    total.passed += result.numPassedTests
    total.failed += result.numFailedTests + result.numRuntimeErrorTestSuites
    total.skipped += result.numPendingTests + result.numTodoTests
  } catch {
    // No report: Jest itself did not come through, which counts below.
  }
  rmSync(folder, { recursive: true, force: true })
  if (!ok && total.failed === failedBefore) total.failed++
}

/** @returns {Promise<boolean>} whether it ended well */
function runs(title, command, ...args) {
  process.stdout.write(`\n── ${title}: ${command} ${args.join(' ')}\n`)
  return new Promise((resolve) => {
    const child = spawn(join(PROJECT, 'node_modules', '.bin', command), args, {
      cwd: PROJECT,
      env,
      stdio: 'inherit',
    })
    child.on('error', () => resolve(false))
    child.on('exit', (code) => resolve(code === 0))
  })
}
