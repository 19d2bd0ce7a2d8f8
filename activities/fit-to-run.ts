import { createHash } from 'node:crypto'
import { parseDefinition } from '../shared/contract/definition.ts'
import type { PinnedDefinition } from '../shared/contract/pinned-definition.ts'
import type { Problem } from '../shared/contract/step.ts'

/** Definitions that this process has looked at last, with what is wrong with them. */
const verdicts = new Map<string, Problem | undefined>()
const mostVerdicts = 500

/** A row that did not come through publish must cost its own run, and not the thread that all runs share. */
export function fitToRun(found: PinnedDefinition): PinnedDefinition {
  const problem = verdictOn(found.definition)
  if (!problem) return found
  return {
    ...found,
    definition: null,
    code: 'InvalidDefinition',
    reason: `Version ${found.version} is no definition that can run: ${problem.path || 'it'}: ${problem.message}. Publish it again.`,
  }
}

/** By what is really there: the hash in the row is no more to be trusted than the row. */
function verdictOn(definition: unknown): Problem | undefined {
  const content = hashOf(definition)
  if (content === undefined) return problemOf(definition)
  if (verdicts.has(content)) return verdicts.get(content)
  const problem = problemOf(definition)
  verdicts.set(content, problem)
  for (const oldest of [...verdicts.keys()].slice(0, -mostVerdicts)) verdicts.delete(oldest)
  return problem
}

/** Undefined for what is nested so deeply that it cannot be written down. */
function hashOf(definition: unknown): string | undefined {
  try {
    return createHash('sha256').update(JSON.stringify(definition)).digest('base64')
  } catch {
    return undefined
  }
}

function problemOf(definition: unknown): Problem | undefined {
  const parsed = parseDefinition(definition)
  return parsed.ok ? undefined : parsed.problems[0]
}
